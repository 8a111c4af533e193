/**
 * @module StyleGAN2: the generator whose pictures are edited.
 */
export { channelTable, latentCount, type ModelConfig, ModelSchema } from './config.js';
export { Discriminator, type DiscriminatorOptions, type Judgement } from './discriminator.js';
export { Generator, type Synthesis } from './generator.js';
export { type ImportedModel, importModel } from './import.js';
export { mixRows, randomNoise, repeatRows, truncate } from './latents.js';
export { loadSynthesizer } from './load.js';
export {
  discriminatorLoss,
  generatorLoss,
  gradientPenalty,
  type PathPenalty,
  pathPenalty,
} from './losses.js';
export {
  type PictureLoaderOptions,
  pictureLoader,
  readSquares,
  type Squares,
  type SquaresOptions,
} from './pictures.js';
export { GENERATOR_PRESETS, type GeneratorPreset } from './presets.js';
export { type AdversarialOptions, Adversaries } from './step.js';
export { type SampleOptions, Synthesizer, toImages } from './synthesizer.js';
export { type TrainGeneratorOptions, trainGenerator } from './train.js';
export { type TrainConfig, TrainSchema } from './train-config.js';
export { firKernel, type UpfirdnOptions, upfirdn2d } from './upfirdn.js';
export { decodeGenerator, encodeGenerator, type GeneratorWeights } from './weights.js';
