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
  NDArray,
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

export interface ProjectOptions {
  /** Updates of the code in W+ (240; 100 where there is a code to begin with); none leaves that as it is. */
  readonly steps?: number;
  readonly learningRate?: number;
  /** Weight of the differences of what the estimator's stages see (0.1), beside those of pixels. */
  readonly perceptual?: number;
  /**
   * Weight of the code's squared distance from the mean one, in deviations of w (0.002): codes far from it make the picture, and edit
   * badly.
   */
  readonly prior?: number;
  /** A code [rows, D] to begin with; the nearest in W if absent. */
  readonly start?: NDArray;
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

/** A picture's codes [rows, D]. */
export interface Codes {
  readonly code: NDArray<'float32'>;
  /** What the descent in W+ began at: the nearest in W, or the given one. */
  readonly nearest: NDArray<'float32'>;
}

/** Updates in W, of the codes it finds in W+, and of those that are given. */
export const STEPS = { inW: 60, found: 240, given: 100 } as const;

/** Weight of the distance from the mean in W, where the question is what the generator would make by itself. */
const PRIOR_IN_W = 0.05;

/**
 * A picture's code in W+, by gradient descent on the differences between it and the generator's picture: of pixels at three sizes,
 * and of the feature maps of the estimator, which stands for a perceptual network. It begins at the nearest code of W.
 */
export async function project(
  parts: ProjectionParts,
  picture: Image,
  options: ProjectOptions = {},
): Promise<Codes> {
  const { learningRate = 0.05, perceptual = 0.1, prior = 0.002, start, onProgress, signal } = options;
  const { steps = start ? STEPS.given : STEPS.found } = options;
  const { size, styleDim } = parts.generator.config;
  const rows = parts.generator.latentCount;
  const wanted = array(planesOf(picture, size).data, { shape: [1, 3, size, size] });
  const before = start ? 0 : STEPS.inW;
  const common = { learningRate, perceptual, signal };
  const inRows = (data: NDArray['data']): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length: rows * styleDim }, (_, i) => Number(data[i % data.length]));

  let nearest = start?.data;
  if (nearest === undefined) {
    const code = new Variable(
      array(Float32Array.from(parts.meanLatent.data, Number), { shape: [1, 1, styleDim] }),
    );
    const told = (n: number, error: number) => onProgress?.(n, before + steps, error);
    await descend(parts, wanted, code, { ...common, steps: before, prior: PRIOR_IN_W, told });
    nearest = code.value.data;
  }
  const code = new Variable(array(inRows(nearest), { shape: [1, rows, styleDim] }));
  const told = (n: number, error: number) => onProgress?.(before + n, before + steps, error);
  await descend(parts, wanted, code, { ...common, steps, prior, told });
  return {
    code: new NDArray(inRows(code.value.data), [rows, styleDim], 'float32'),
    nearest: new NDArray(inRows(nearest), [rows, styleDim], 'float32'),
  };
}

interface Descent {
  readonly steps: number;
  readonly learningRate: number;
  readonly perceptual: number;
  readonly prior: number;
  readonly told: (step: number, error: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** Changes a code [1, rows or 1, D] so that its picture becomes the wanted one [1, 3, S, S]. */
async function descend(
  { generator, estimator, meanLatent, latentDeviation }: ProjectionParts,
  wanted: NDArray,
  code: Variable,
  { steps, learningRate, perceptual, prior, told, signal }: Descent,
): Promise<void> {
  const optimizer = new Adam([code], { learningRate: cosineDecay(learningRate, steps) });
  const step = program(
    (target: Tensor) => {
      const codes = broadcastTo(code, [1, generator.latentCount, generator.config.styleDim]);
      const made = generator.eval((g) => g.synthesize(codes).image);
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
      told(n, error);
    }
  } finally {
    await step.release();
  }
}
