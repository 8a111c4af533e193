/**
 * @module What a StyleGAN2 consists of, as it stands in files.
 */
import { z } from 'zod';

const size = z.int().positive();

/** Side of the pictures. */
const resolution = z
  .int()
  .min(4)
  .refine((n) => Number.isInteger(Math.log2(n)), 'must be a power of two from 4 up');

export const ModelSchema = z
  .strictObject({
    size: resolution,
    /** Numbers of z, of w and of each row of w+. */
    styleDim: size,
    /** Layers of the mapping network. */
    mappingLayers: z.int().nonnegative(),
    /** How much slower the mapping network learns. */
    mappingRate: z.number().positive().default(0.01),
    /** Feature maps by the side of the picture: 4, 8, … `size`. */
    channels: z.record(z.string(), size),
    /** Taps along one axis of the filter that up- and downsampling smooth with. */
    blurKernel: z.array(z.number()).min(2).readonly().default([1, 3, 3, 1]),
  })
  .superRefine(({ size, channels }, context) => {
    const missing = resolutions(size).find((r) => channels[r] === undefined);
    if (missing !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['channels'],
        message: `has no entry for pictures of ${missing}`,
      });
    }
  });
export type ModelConfig = z.output<typeof ModelSchema>;

/** Sides of the pictures that networks pass through: 4, 8, … `size`. */
export const resolutions = (size: number): number[] =>
  Array.from({ length: Math.log2(size) - 1 }, (_, i) => 4 * 2 ** i);

/** Rows of w+ for pictures of a size. */
export const latentCount = (size: number): number => 2 * Math.log2(size) - 2;

/** Feature maps by resolution of the paper's configurations: F with multiplier 2, E with 1. */
export function channelTable(size: number, multiplier = 2): Record<string, number> {
  return Object.fromEntries(
    resolutions(size).map((r) => [r, r <= 32 ? 512 : (16384 / r) * multiplier] as const),
  );
}

/** How many numbers training changes in a generator, known without making it. */
export function numGeneratorParameters({ size, styleDim, mappingLayers, channels }: ModelConfig): number {
  const linear = (from: number, to: number) => from * to + to;
  const conv = (from: number, to: number) => 9 * from * to + linear(styleDim, from) + 1 + to;
  const toRGB = (from: number) => 3 * from + linear(styleDim, from) + 3;
  const widths = resolutions(size).map((r) => channels[r]!);
  const stages = widths.map((to, i) => {
    const from = widths[i - 1];
    return (from === undefined ? 16 * to : conv(from, to)) + conv(to, to) + toRGB(to);
  });
  return mappingLayers * linear(styleDim, styleDim) + stages.reduce((a, b) => a + b, 0);
}
