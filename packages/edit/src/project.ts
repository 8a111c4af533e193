/**
 * @module Codes of given pictures: what the generator must be given to make them.
 */
import {
  add,
  array,
  broadcastTo,
  div,
  mean,
  mul,
  type NDArray,
  program,
  square,
  sub,
  type Tensor,
  Variable,
} from '@sextant/engine';
import type { Image } from '@sextant/image/web';
import { Adam, cosineDecay } from '@sextant/nn';
import type { Estimator } from './estimator/model.js';
import { planesOf } from './estimator/planes.js';
import { multiScaleDistance, pixelDistance, seenDistance } from './likeness.js';
import type { Generator } from './stylegan2/generator.js';

export interface DescentOptions {
  /** Updates of the code; none leaves it as it is. */
  readonly steps?: number;
  readonly learningRate?: number;
  /** Weight of the differences of what the estimator's stages see (0.1), beside those of pixels. */
  readonly perceptual?: number;
  /**
   * Weight of the code's squared distance from the mean one, in deviations of w (0.05 in W, 0.002 in W+): codes far from it make the
   * picture, and edit badly.
   */
  readonly prior?: number;
  /** Told after every step; `error` is the mean squared difference of pixels. */
  readonly onProgress?: (step: number, steps: number, error: number) => void;
  readonly signal?: AbortSignal;
}

/** What pictures are made and looked at by. */
export interface ProjectionParts {
  readonly generator: Generator;
  /** The mean of w [D]. */
  readonly meanLatent: NDArray;
  /** The deviations of w [D]. */
  readonly latentDeviation: NDArray;
  readonly estimator: Estimator;
}

/**
 * Updates of codes in W, of those in W+ that begin there, and of those that begin at an encoder's. Median errors of 16 held-out heads with the
 * embedded weights, and by how much of their ranges what is seen differs: after 60 in W 0.0232 (0.121), after 240 more in W+ 0.0080 (0.015); the
 * encoder's code 0.0282 (0.182), after 200 from there 0.0085 (0.016).
 */
export const STEPS = { inW: 60, fromW: 240, fromEncoder: 200 } as const;

/** A picture's nearest code in W [rows, D], all rows the same, by descent from the mean: what the generator would make by itself. */
export async function nearestInW(
  parts: ProjectionParts,
  picture: Image,
  { steps = STEPS.inW, prior = 0.05, ...options }: DescentOptions = {},
): Promise<NDArray<'float32'>> {
  const { meanLatent, generator } = parts;
  const code = new Variable(codeOf(meanLatent, 1, generator.config.styleDim));
  await descend(parts, picture, code, { steps, prior, ...options });
  const w = Array.from({ length: generator.latentCount }, () => Array.from(code.value.data, Number));
  return array(w.flat(), { shape: [w.length, generator.config.styleDim] });
}

/**
 * A picture's code in W+ [rows, D], by gradient descent on the differences between it and the generator's picture: of pixels at three
 * sizes, and of the feature maps of the estimator, which stands for a perceptual network.
 *
 * @param start - the code [rows, D] to begin with.
 */
export async function project(
  parts: ProjectionParts,
  picture: Image,
  start: NDArray,
  { steps = STEPS.fromW, prior = 0.002, ...options }: DescentOptions = {},
): Promise<NDArray<'float32'>> {
  const { latentCount, config } = parts.generator;
  const code = new Variable(codeOf(start, latentCount, config.styleDim));
  await descend(parts, picture, code, { steps, prior, ...options });
  return array(Float32Array.from(code.value.data, Number), { shape: [latentCount, config.styleDim] });
}

const codeOf = ({ data }: NDArray, rows: number, styleDim: number): NDArray<'float32'> =>
  array(Float32Array.from(data, Number), { shape: [1, rows, styleDim] });

/** Changes a code [1, rows or 1, D] so that what it makes becomes the picture. */
async function descend(
  { generator, estimator, meanLatent, latentDeviation }: ProjectionParts,
  picture: Image,
  code: Variable,
  options: DescentOptions & Required<Pick<DescentOptions, 'prior' | 'steps'>>,
): Promise<void> {
  const { steps, prior, learningRate = 0.05, perceptual = 0.1, onProgress, signal } = options;
  const { size, styleDim } = generator.config;
  const wanted = array(planesOf(picture, size).data, { shape: [1, 3, size, size] });
  const optimizer = new Adam([code], { learningRate: cosineDecay(learningRate, steps) });
  const step = program(
    (target: Tensor) => {
      const made = generator.eval((g) => g.synthesize(broadcastTo(code, [1, g.latentCount, styleDim])).image);
      const apart = mean(multiScaleDistance(made, target));
      const seen = mean(estimator.eval((e) => seenDistance(e, made, target)));
      const far = mean(square(div(sub(code, meanLatent), latentDeviation)));
      optimizer.minimize(add(add(apart, mul(seen, perceptual)), mul(far, prior)));
      return mean(pixelDistance(made, target));
    },
    { name: 'projection' },
  );
  try {
    for (let n = 1; n <= steps && !signal?.aborted; n++) {
      const error = (await step(wanted)).item();
      onProgress?.(n, steps, error);
    }
  } finally {
    await step.release();
  }
}
