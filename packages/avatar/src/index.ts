import type { System } from '@sextant/system';
import { verbs } from './commands.js';
import { endToEnd } from './modules/end-to-end.js';
import { lossesModule } from './modules/losses.js';
import { networkModules } from './modules/networks.js';
import { pictureModules } from './modules/pictures.js';

export {
  type AvatarConfig,
  type DiscriminatorConfig,
  type EmbedderConfig,
  type EnhancerConfig,
  type KeypointsConfig,
  type PyramidConfig,
  RELEASED,
} from './config.js';
export { type HeadInput, headInput } from './crop.js';
export { ssim } from './evaluation/ssim.js';
export { loadOfficial } from './import.js';
export { compose, type Frames } from './inference-generator.js';
export { AvatarNetworks, type People } from './networks.js';
export { drawStickman } from './stickman.js';

/** Head avatars as the command line sees them. */
export const avatar: System = {
  name: 'avatar',
  summary: 'head avatars from one photograph: bi-layer networks (Zakharov et al., 2020)',
  modules: { ...networkModules, losses: lossesModule, 'end-to-end': endToEnd, ...pictureModules },
  verbs,
};
