/**
 * @module Encoders as files: safetensors that carry their configuration, and the authors' checkpoints.
 */
import type { NDArray } from '@sextant/engine';
import {
  decodeModelFile,
  decodePyTorch,
  encodeModelFile,
  InputError,
  isFolder,
  type ModelFile,
  readFile,
  within,
} from '@sextant/io';
import { checkpointPath, componentTensors, parseConfig, readCheckpoint, readConfig } from '@sextant/train';
import { type ModelConfig, ModelSchema, TrainSchema } from './config.js';
import { encoderState, under } from './import.js';
import type { ResNetConfig, Stem } from './resnet.js';

/** An encoder's configuration, and its arrays by their paths. */
export type EncoderWeights = ModelFile<ModelConfig>;

/** Safetensors with the configuration as metadata. */
export const encodeWeights = (weights: EncoderWeights): Uint8Array => encodeModelFile('represent', weights);

/** Reads what {@link encodeWeights} wrote. @throws InputError when it is anything else. */
export function decodeWeights(bytes: Uint8Array): EncoderWeights {
  const { config, state } = decodeModelFile('represent', bytes);
  return { config: parseConfig(ModelSchema, config, 'the configuration of its weights'), state };
}

/**
 * Reads a file of ours, or the last checkpoint of a run folder.
 *
 * @throws InputError naming the path and what is wrong with it.
 */
export async function readWeights(path: string): Promise<EncoderWeights> {
  if (!(await isFolder(path))) {
    const bytes = await readFile(path);
    return within(path, () => decodeWeights(bytes));
  }
  const { encoder, pipeline } = await readConfig(path, TrainSchema);
  const checkpoint = await readCheckpoint(await checkpointPath(path, 'latest'));
  return { config: { encoder, pipeline }, state: under(componentTensors(checkpoint, 'method'), 'model') };
}

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
