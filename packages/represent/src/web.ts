/**
 * @module What of representations works in a browser too.
 */
export { PIPELINE_NAMES, PIPELINES, type Pipeline, type PipelineName } from './augment/pipelines.js';
export { augment, evaluationView } from './augment/view.js';
export { type Embedded, type EmbedOptions, Encoder } from './encoder.js';
export { type Nearest, nearest } from './evaluation/nearest.js';
export { type HeadConfig, predictor, projectionHead } from './head.js';
export { byolLoss, mse, ntXent, type WMSEOptions, wMSE } from './losses.js';
export { BYOL, byolDecay, Contrastive, Method, type MethodConfig, MSE, newMethod, WMSE } from './methods.js';
export { configure, METHOD_NAMES, type MethodName, PRESETS, type PresetName } from './presets.js';
export { ResNet, type ResNetConfig, resnet18, resnet50, type Stem } from './resnet.js';
export { type LearningRate, learningRateAt } from './schedule.js';
export { decodeWeights, type EncoderWeights, encodeWeights } from './weights.js';
export { Whitening, whiten } from './whitening.js';
