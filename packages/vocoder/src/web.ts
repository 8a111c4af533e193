/**
 * @module What of the vocoder works in a browser too.
 */
export { type TrainConfig, TrainSchema } from './config.js';
export {
  type LoadOptions,
  type Precision,
  type PrecisionOptions,
  type StreamOptions,
  Vocoder,
} from './infer.js';
export { discriminatorLoss, featureMatchingLoss, generatorLoss } from './losses.js';
export { type MelOptions, MelSpectrogram, PAPER_MEL, TACOTRON_MEL } from './mel.js';
export {
  Discriminator,
  type DiscriminatorConfig,
  type DiscriminatorOutput,
  discriminatorChannels,
  Generator,
  type GeneratorConfig,
  hopLength,
} from './model.js';
export { PAPER_DISCRIMINATOR, PAPER_GENERATOR, PRESETS } from './presets.js';
export { QuantizedGenerator, quantizeGenerator } from './quantize.js';
export { refine } from './refine.js';
export { multiResolutionStftDistance } from './spectral.js';
export { type StepLosses, type Training, trainingStep } from './step.js';
export { decodeWeights, encodeWeights, type VocoderWeights } from './weights.js';
