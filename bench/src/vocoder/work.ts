/**
 * @module The work that all sides of the vocoder's cases do: the same weights, the same spectrogram, the same audio.
 */
import { Generator as Random } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { Discriminator, Generator, type GeneratorConfig, hopLength, PRESETS } from '@sextant/vocoder';

export type Preset = 'paper' | 'small';

/** 10 seconds of audio at 22,050 Hz. */
export const FRAMES = 861;

/** Floating-point operations of the generator per frame of mel; a multiply-add counts as two. */
export function flopsPerFrame(config: GeneratorConfig): number {
  const { nMelChannels, ngf, nResidualLayers, ratios } = config;
  let channels = ngf * 2 ** ratios.length;
  let products = nMelChannels * channels * 7;
  let length = 1;
  for (const ratio of ratios) {
    products += length * channels * (channels / 2) * 2 * ratio;
    [channels, length] = [channels / 2, length * ratio];
    // A kernel of 3, the 1 × 1 behind it, and the shortcut.
    products += length * nResidualLayers * channels * channels * (3 + 1 + 1);
  }
  return 2 * (products + length * ngf * 7);
}

/** Seconds of audio that {@link FRAMES} frames make. */
export const audioSeconds = (preset: Preset): number => {
  const { generator, mel } = PRESETS[preset];
  return (FRAMES * hopLength(generator)) / mel.sampleRate;
};

/** Random weights: the same in every process. */
export function networks(preset: Preset): { generator: Generator; discriminator: Discriminator } {
  const { generator, discriminator } = PRESETS[preset];
  manualSeed(0);
  return { generator: new Generator(generator), discriminator: new Discriminator(discriminator) };
}

/** [nMelChannels, FRAMES], of the range of speech. */
export const spectrogram = (preset: Preset) =>
  new Random(1).normalArray([PRESETS[preset].mel.nMelChannels, FRAMES], -2, 1);

/** A batch for training, [B, 1, T]. */
export const trainingAudio = (preset: Preset) => {
  const { batchSize, segmentLength } = PRESETS[preset];
  return new Random(2).normalArray([batchSize, 1, segmentLength], 0, 0.1);
};

/** Mean of the absolute values: what sides compare their audio by. */
export const digest = (audio: Float32Array): number =>
  audio.reduce((sum, x) => sum + Math.abs(x), 0) / audio.length;
