/**
 * @module Codes of given pictures: what the generator must be given to make them.
 */
import { add, array, mean, mul, NDArray, program, square, sub, type Tensor, Variable } from '@sextant/engine';
import type { Image } from '@sextant/image/web';
import { Adam, cosineDecay } from '@sextant/nn';
import type { Estimator } from './estimator/model.js';
import { planesOf } from './estimator/planes.js';
import { multiScaleDistance, pixelDistance, seenDistance } from './likeness.js';
import type { Generator } from './stylegan2/generator.js';

export interface ProjectOptions {
  /** Updates of the code (300). */
  readonly steps?: number;
  readonly learningRate?: number;
  /** Weight of the differences of what the estimator's stages see (0.1), beside those of pixels. */
  readonly perceptual?: number;
  /** Weight of the distance from the mean code (0.002): codes far from it make the picture, and edit badly. */
  readonly prior?: number;
  /** A code [rows, D] to begin with; the mean if absent. */
  readonly start?: NDArray;
  /** Told after every step. */
  readonly onProgress?: (step: number, steps: number, loss: number) => void;
  readonly signal?: AbortSignal;
}

/** What pictures are made and looked at by. */
export interface ProjectionParts {
  readonly generator: Generator;
  /** The mean of w [D]. */
  readonly meanLatent: NDArray;
  readonly estimator: Estimator;
}

export interface Projection {
  /** [rows, D] */
  readonly code: NDArray<'float32'>;
  /** Mean squared difference of the pixels, which go from -1 to 1. */
  readonly error: number;
}

/**
 * A picture's code in W+, by gradient descent on the differences between it and the generator's picture: of pixels at three sizes,
 * and of the feature maps of the estimator, which stands for a perceptual network.
 */
export async function project(
  { generator, estimator, meanLatent }: ProjectionParts,
  picture: Image,
  options: ProjectOptions = {},
): Promise<Projection> {
  const {
    steps = 300,
    learningRate = 0.05,
    perceptual = 0.1,
    prior = 0.002,
    start,
    onProgress,
    signal,
  } = options;
  const { size, styleDim } = generator.config;
  const rows = generator.latentCount;
  const centre = new Float32Array(rows * styleDim);
  for (let row = 0; row < rows; row++) centre.set(meanLatent.data as Float32Array, row * styleDim);
  const middle = array(centre, { shape: [1, rows, styleDim] });
  const code = new Variable(
    start ? array(Float32Array.from(start.data, Number), { shape: [1, rows, styleDim] }) : middle,
  );
  const wanted = array(planesOf(picture, size).data, { shape: [1, 3, size, size] });
  const optimizer = new Adam([code], { learningRate: cosineDecay(learningRate, steps) });
  const step = program(
    (target: Tensor) => {
      const made = generator.eval((g) => g.synthesize(code).image);
      const apart = mean(multiScaleDistance(made, target));
      const seen = mean(estimator.eval((e) => seenDistance(e, made, target)));
      const far = mean(square(sub(code, middle)));
      optimizer.minimize(add(add(apart, mul(seen, perceptual)), mul(far, prior)));
      return mean(pixelDistance(made, target));
    },
    { name: 'projection' },
  );
  try {
    let error = Number.NaN;
    for (let n = 1; n <= steps && !signal?.aborted; n++) {
      error = (await step(wanted)).item();
      onProgress?.(n, steps, error);
    }
    return {
      code: new NDArray(code.value.data as Float32Array<ArrayBuffer>, [rows, styleDim], 'float32'),
      error,
    };
  } finally {
    await step.release();
  }
}
