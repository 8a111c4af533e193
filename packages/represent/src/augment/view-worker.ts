/**
 * @module The worker thread of `ViewLoader`.
 */
import { serve } from '@sextant/train/worker';
import { type ViewItem, ViewMaker, type ViewPart, type ViewSource } from './batch.js';

let maker: ViewMaker | undefined;

serve<readonly ViewItem[], ViewPart, ViewSource>((items, source) => {
  maker ??= new ViewMaker(source);
  return maker.make(items);
});
