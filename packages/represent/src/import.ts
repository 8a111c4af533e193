/**
 * @module The authors' checkpoints: state dictionaries of a whole method (section 7 of the specification).
 */
import type { NDArray } from '@sextant/engine';
import { decodePyTorch, InputError, type PyTorchValue, stateDict, widen } from '@sextant/io/web';
import type { ResNetConfig, Stem } from './resnet.js';
import type { EncoderWeights } from './weights.js';

/** Encoders stand inside PyTorch's `DataParallel`, which adds a name. */
const WRAPPED = /^(model|model_t)\.module\./;

/** An array's name in a method of ours, by the authors'. */
const ours = (key: string): string => key.replace(WRAPPED, '$1.');

/** The inverse: the authors' name of a method's array. */
export const theirs = (key: string): string => key.replace(/^(model|model_t)\./, '$1.module.');

/** A checkpoint's arrays by our names, floats as float32. A classifier of torchvision's (`fc`) is left out. */
export function methodState(tree: PyTorchValue): Map<string, NDArray> {
  const entries = [...stateDict(tree)].filter(([key]) => !/^(model\.)?(module\.)?fc\./.test(key));
  return new Map(
    entries.map(([key, value]) => [ours(key), value.dtype === 'float16' ? widen(value) : value]),
  );
}

/**
 * The encoder's arrays of a checkpoint: of a whole method, or a bare ResNet of torchvision.
 *
 * @throws InputError when there is none.
 */
export function encoderState(tree: PyTorchValue): Map<string, NDArray> {
  const state = methodState(tree);
  const inMethod = [...state].filter(([key]) => key.startsWith('model.'));
  const found = new Map(
    inMethod.length > 0
      ? inMethod.map(([key, value]) => [key.slice('model.'.length), value])
      : [...state].map(([key, value]) => [key.replace(/^module\./, ''), value]),
  );
  if (!found.has('conv1.weight')) throw new InputError('it holds no ResNet: there is no conv1.weight');
  return found;
}

/** Arrays under a prefix, without it. */
export const under = (state: ReadonlyMap<string, NDArray>, prefix: string): Map<string, NDArray> =>
  new Map(
    [...state].flatMap(([key, value]) =>
      key.startsWith(`${prefix}.`) ? [[key.slice(prefix.length + 1), value] as const] : [],
    ),
  );

/**
 * The encoder of a PyTorch checkpoint: of the authors' code, or a ResNet of torchvision. Depth and widths are those of its
 * arrays.
 *
 * @param pipeline - the pictures it was trained on: a checkpoint says nothing of them.
 * @throws InputError when it holds no ResNet.
 */
export function importEncoder(bytes: Uint8Array, pipeline: string, stem: Stem): EncoderWeights {
  const state = encoderState(decodePyTorch(bytes));
  return { config: { encoder: configOf(state, stem), pipeline }, state };
}

/** What network the arrays of a ResNet belong to. */
function configOf(state: ReadonlyMap<string, NDArray>, stem: Stem): ResNetConfig {
  const stages = [1, 2, 3, 4];
  const keys = [...state.keys()];
  const layers = stages.map(
    (k) => new Set(keys.flatMap((key) => key.match(`^layer${k}\\.(\\d+)\\.`)?.[1] ?? [])).size,
  );
  const planes = stages.map((k) => state.get(`layer${k}.0.conv1.weight`)?.shape[0] ?? 0);
  if (layers.includes(0) || planes.includes(0))
    throw new InputError('it holds no whole ResNet of four stages');
  const kernel = state.get('conv1.weight')?.shape[2];
  if ((kernel === 7) !== (stem === 'imagenet')) {
    throw new InputError(`its first convolution is ${kernel} wide, that of the stem ${stem} is not`);
  }
  return { stem, block: state.has('layer1.0.conv3.weight') ? 'bottleneck' : 'basic', layers, planes };
}
