import type { System } from '@sextant/system';
import { lossesModule } from './modules/loss-cases.js';
import { networkModules } from './modules/networks.js';
import { endToEnd } from './modules/train-step.js';

/** Head avatars as the command line sees them. */
export const avatar: System = {
  name: 'avatar',
  summary: 'head avatars from one photograph: bi-layer networks (Zakharov et al., 2020)',
  modules: { ...networkModules, losses: lossesModule, 'end-to-end': endToEnd },
  verbs: () => [],
};
