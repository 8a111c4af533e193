/**
 * @module The worker thread of `HeadRenderer`.
 */
import { serve } from '@sextant/train/worker';
import type { HeadParameters } from './parameters.js';
import { type Head, type RenderOptions, renderHead } from './render.js';

serve<readonly HeadParameters[], readonly Head[], RenderOptions>((task, options) =>
  task.map((parameters) => renderHead(parameters, options)),
);
