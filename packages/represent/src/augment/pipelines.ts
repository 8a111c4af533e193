/**
 * @module What is done to the pictures of each data set (section 4.3), as data.
 */
import type { Interpolation, Normalization } from '@sextant/image';

/** Ranges of the four changes of colour: factors 1 ± v, hue ± v of a full turn. */
export interface Jitter {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly hue: number;
}

/** One view's augmentation, in the order of its steps, and the evaluation transform. */
export interface Pipeline {
  /** Width and height S of what networks see. */
  readonly size: number;
  readonly interpolation: Interpolation;
  readonly jitter: Jitter & { readonly probability: number };
  /** Probability of equal channels. */
  readonly grayscale: number;
  /** Shares of the picture's area that a crop may have, and its width : height. */
  readonly crop: { readonly scale: readonly [number, number]; readonly ratio: readonly [number, number] };
  /** Probability of mirroring. */
  readonly flip: number;
  /** Gaussian blur by a standard deviation of a range; absent where there is none. */
  readonly blur?: { readonly probability: number; readonly sigma: readonly [number, number] };
  readonly normalization: Normalization;
  /**
   * Size of the shorter side before S x S is cut from the centre, in evaluation. Pictures of S x S are left as they
   * are.
   */
  readonly evaluationSide: number;
}

const COMMON = {
  interpolation: 'bicubic',
  jitter: { probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
  grayscale: 0.1,
  crop: { scale: [0.2, 1], ratio: [3 / 4, 4 / 3] },
  flip: 0.5,
} as const;

const CIFAR = { ...COMMON, size: 32, evaluationSide: 32 } as const;

const IMAGENET = {
  ...COMMON,
  size: 224,
  blur: { probability: 0.5, sigma: [0.1, 2] },
  normalization: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  evaluationSide: 256,
} as const;

/** By the authors' names of the data sets. */
export const PIPELINES = {
  cifar10: {
    ...CIFAR,
    normalization: { mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.201] },
  },
  cifar100: {
    ...CIFAR,
    normalization: { mean: [0.5071, 0.4867, 0.4408], std: [0.2675, 0.2565, 0.2761] },
  },
  stl10: {
    ...COMMON,
    size: 64,
    normalization: { mean: [0.43, 0.42, 0.39], std: [0.27, 0.26, 0.27] },
    evaluationSide: 70,
  },
  tiny_in: {
    ...COMMON,
    size: 64,
    normalization: { mean: [0.48, 0.448, 0.398], std: [0.277, 0.269, 0.282] },
    evaluationSide: 64,
  },
  imagenet: IMAGENET,
  /** ImageNet with the options of the authors' ImageNet-100 experiments. */
  imagenet100: {
    ...IMAGENET,
    jitter: { probability: 0.8, brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.2 },
    grayscale: 0.2,
    crop: { ...COMMON.crop, scale: [0.08, 1] },
  },
} as const satisfies Record<string, Pipeline>;

/** Names of the pipelines. */
export type PipelineName = keyof typeof PIPELINES;
export const PIPELINE_NAMES = Object.keys(PIPELINES) as [PipelineName, ...PipelineName[]];
