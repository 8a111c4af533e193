/**
 * @module Configurations to begin with: the paper's, by data set (section 4.2 of the specification), and one for small
 * machines.
 */
import { InputError } from '@sextant/io/web';
import type { TrainConfig } from './config.js';
import { resnet18, resnet50 } from './resnet.js';

/** Ways to learn, by the names of the command line; W-MSE by its number of views. */
export const METHOD_NAMES = ['w-mse-2', 'w-mse-4', 'contrastive', 'byol'] as const;
export type MethodName = (typeof METHOD_NAMES)[number];

/** What a data set asks for. [pictures of a batch, rows whitened together, permutations] of W-MSE by views. */
interface DataSetPreset
  extends Pick<TrainConfig, 'encoder' | 'pipeline' | 'epochs' | 'learningRate' | 'decay'> {
  readonly emb: number;
  readonly headSize: number;
  readonly wMse2: readonly [number, number, number];
  readonly wMse4: readonly [number, number, number];
  /** Pictures of a batch of the other methods. */
  readonly batchSize: number;
}

const STEP = { kind: 'step', before: [50, 25], gamma: 0.2 } as const;

const cifar10: DataSetPreset = {
  encoder: resnet18('cifar'),
  pipeline: 'cifar10',
  epochs: 1000,
  learningRate: 3e-3,
  decay: STEP,
  emb: 64,
  headSize: 1024,
  wMse2: [512, 128, 1],
  wMse4: [256, 128, 1],
  batchSize: 512,
};

const stl10: DataSetPreset = {
  ...cifar10,
  encoder: resnet18('small'),
  pipeline: 'stl10',
  epochs: 2000,
  learningRate: 2e-3,
  emb: 128,
  wMse2: [512, 256, 4],
  wMse4: [256, 256, 1],
};

export const PRESETS = {
  cifar10,
  cifar100: { ...cifar10, pipeline: 'cifar100' },
  stl10,
  'tiny-imagenet': { ...stl10, pipeline: 'tiny_in', epochs: 1000 },
  'imagenet-100': {
    ...stl10,
    encoder: resnet18('imagenet'),
    pipeline: 'imagenet100',
    epochs: 240,
    wMse2: [512, 256, 1],
  },
  imagenet: { ...stl10, encoder: resnet50('imagenet'), pipeline: 'imagenet', epochs: 400 },
  /** Minutes to hours on two cores: pictures of 32 × 32, a quarter of the width, one whitening for the batch. */
  small: {
    ...cifar10,
    encoder: resnet18('small', 0.25),
    epochs: 20,
    decay: { kind: 'cosine', min: 0, first: null, factor: 1 },
    headSize: 512,
    wMse2: [256, 128, 1],
    wMse4: [128, 128, 1],
    batchSize: 256,
  },
} as const satisfies Readonly<Record<string, DataSetPreset>>;
export type PresetName = keyof typeof PRESETS;

export interface Chosen {
  readonly preset: PresetName;
  readonly method: MethodName;
  readonly seed?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
}

/**
 * The configuration of a training, without its data.
 *
 * @throws InputError when the batches do not suit the method.
 */
export function configure({
  preset,
  method,
  seed = 0,
  epochs,
  batchSize,
}: Chosen): Omit<TrainConfig, 'data' | 'test'> {
  const { emb, headSize, wMse2, wMse4, batchSize: others, ...rest }: DataSetPreset = PRESETS[preset];
  const [size, wSize, wIter] = method === 'w-mse-4' ? wMse4 : wMse2;
  const wMse = method.startsWith('w-mse');
  const pictures = batchSize ?? (wMse ? size : others);
  if (wMse && pictures <= emb) {
    throw new InputError(
      `batches of ${pictures} pictures are too small for W-MSE, which whitens embeddings of ${emb} numbers: take ${2 * emb}`,
    );
  }
  if (wMse && pictures > wSize && pictures % wSize !== 0) {
    throw new InputError(
      `batches of ${pictures} pictures do not divide into runs of ${wSize}, which are whitened together`,
    );
  }
  const loss = wMse
    ? ({ method: 'w-mse', wSize: Math.min(wSize, pictures), wIter, wEps: 0, norm: true } as const)
    : method === 'contrastive'
      ? ({ method: 'contrastive', tau: 0.5, norm: true } as const)
      : ({ method: 'byol', tau: 0.99, norm: true } as const);
  return {
    ...rest,
    epochs: epochs ?? rest.epochs,
    seed,
    head: { layers: 2, size: headSize, emb, batchNorm: true },
    loss,
    numSamples: method === 'w-mse-4' ? 4 : 2,
    batchSize: pictures,
    warmup: true,
    weightDecay: 1e-6,
    workers: 1,
    logEvery: 10,
    checkpointEvery: 100,
    validateEpochs: 2,
  };
}
