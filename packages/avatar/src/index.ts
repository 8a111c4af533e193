import type { System } from '@sextant/system';
import { verbs } from './commands.js';
import { endToEnd } from './modules/end-to-end.js';
import { lossesModule } from './modules/losses.js';
import { networkModules } from './modules/networks.js';
import { pictureModules } from './modules/pictures.js';

export { HeadFootage } from './data/heads.js';
export { others, type Pair, pairs } from './data/pairs.js';
export { TreeFootage } from './data/tree.js';
export type { Footage, View } from './data/view.js';
export { writeTree } from './data/write.js';
export { type Measures, SelfDriving } from './evaluation/self-driving.js';
export { loadAvatarModel } from './load.js';
export { importOfficial } from './official.js';
export { PRESETS, type PresetName } from './presets.js';
export { type TrainAvatarOptions, trainAvatar } from './train.js';
export { type TrainConfig, TrainSchema } from './train-config.js';
export * from './web.js';

/** Head avatars as the command line sees them. */
export const avatar: System = {
  name: 'avatar',
  summary: 'head avatars from one photograph: bi-layer networks (Zakharov et al., 2020)',
  modules: { ...networkModules, losses: lossesModule, 'end-to-end': endToEnd, ...pictureModules },
  verbs,
};
