import type { System } from '@sextant/system';
import { networkModules } from './modules/networks.js';

/** Head avatars as the command line sees them. */
export const avatar: System = {
  name: 'avatar',
  summary: 'head avatars from one photograph: bi-layer networks (Zakharov et al., 2020)',
  modules: { ...networkModules },
  verbs: () => [],
};
