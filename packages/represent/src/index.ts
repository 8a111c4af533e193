import type { System } from '@sextant/system';
import { learningModules } from './modules/learning.js';

export { type HeadConfig, predictor, projectionHead } from './head.js';
export { byolLoss, ntXent, type WMSEOptions, wMSE } from './losses.js';
export { BYOL, byolDecay, Contrastive, Method, type MethodConfig, newMethod, WMSE } from './methods.js';
export { ResNet, type ResNetConfig, resnet18, resnet50, type Stem } from './resnet.js';
export { type LearningRate, learningRateAt } from './schedule.js';
export { Whitening, whiten } from './whitening.js';

/** Representations without labels as the command line sees them. */
export const represent: System = {
  name: 'represent',
  summary: 'W-MSE, contrastive and BYOL: image encoders without labels',
  modules: learningModules,
  verbs: () => [],
};
export * from './evaluation/features.js';
export { classifyByNeighbours, type KnnResult, type Labelled, NEIGHBOURS } from './evaluation/knn.js';
export { type Nearest, nearest } from './evaluation/nearest.js';
