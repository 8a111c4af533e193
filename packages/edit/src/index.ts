import type { System } from '@sextant/system';
import { flowModules } from './modules/flow.js';
import { generatorModules } from './modules/generator.js';
import { procedure } from './modules/procedure.js';

/** Attribute editing as the command line sees it. */
export const edit: System = {
  name: 'edit',
  summary: 'StyleFlow: attributes of generated faces, edited through a conditional flow',
  modules: { ...flowModules, edit: procedure, ...generatorModules },
  verbs: () => [],
};
