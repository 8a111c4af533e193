/**
 * @module The work that all sides of the generator's cases do: the same networks with the same weights, the same inputs.
 */
import { channelTable, Discriminator, GENERATOR_PRESETS, Generator, type ModelConfig } from '@sextant/edit';
import { type NDArray, Generator as Random } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';

/** What is made of each case's pictures. */
export const MODELS = {
  generator: { ...GENERATOR_PRESETS['ffhq-256'].model, channels: channelTable(256) },
  training: GENERATOR_PRESETS['small-64'].model,
} as const satisfies Readonly<Record<string, ModelConfig>>;

/** Pictures of a training step. */
export const BATCH = 16;

/** Networks with random weights and noise that counts: the same in every process. */
export function networks(model: ModelConfig): {
  readonly generator: Generator;
  readonly discriminator: Discriminator;
} {
  manualSeed(0);
  const generator = new Generator(model);
  const random = new Random(1);
  for (const layer of [generator.conv1, ...generator.convs]) {
    layer.noise.weight.value = random.normalArray([1], 0, 0.1);
  }
  return { generator, discriminator: new Discriminator(model) };
}

/** w+ of one picture. */
export const latents = (rows: number, dim: number): NDArray<'float32'> =>
  new Random(2).normalArray([1, rows, dim]);

export const images = (size: number): NDArray<'float32'> =>
  new Random(3).normalArray([BATCH, 3, size, size], 0, 0.5);
