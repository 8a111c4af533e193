export { GradientAccumulator } from './accumulator.js';
export {
  type AttentionOptions,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
  mergeHeads,
  scaledDotProductAttention,
  splitHeads,
} from './attention.js';
export { BertAdam, type BertAdamOptions } from './bert-adam.js';
export { clipByGlobalNorm, clipByNorm, clipByValue, globalNorm } from './clip.js';
export * from './convolution.js';
export { Dropout, dropout } from './dropout.js';
export { ExponentialMovingAverage } from './ema.js';
export { Embedding, type EmbeddingOptions } from './embedding.js';
export * as init from './init.js';
export { type Evaluation, LBFGS, type LBFGSOptions, type LBFGSResult } from './lbfgs.js';
export { Linear } from './linear.js';
export * from './losses.js';
export { type Layer, Module, Parameter, Sequential } from './module.js';
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormOptions,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  type NormLayerOptions,
} from './normalization.js';
export {
  Adam,
  type AdamOptions,
  AdamW,
  Optimizer,
  type OptimizerOptions,
  type ParameterGroup,
  type Parameters,
  RMSprop,
  type RMSpropOptions,
  SGD,
  type SGDOptions,
  type Update,
} from './optimizer.js';
export {
  SpectralNorm,
  type SpectralNormOptions,
  spectralNorm,
  type Weighted,
  WeightNorm,
  weightNorm,
} from './parametrization.js';
export { defaultGenerator, defaultStream, manualSeed, randomState, skipInit } from './random.js';
export * from './recurrent.js';
export * from './schedule.js';
export { Stateful, type StateMismatch } from './stateful.js';
