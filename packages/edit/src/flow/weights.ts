/**
 * @module Flows as files: ours carry their configuration, the authors' checkpoints tell theirs by their shapes (section 7).
 */
import type { NDArray } from '@sextant/engine';
import {
  decodeModelFile,
  decodePyTorch,
  encodeModelFile,
  fromFile,
  InputError,
  type ModelFile,
  stateDict,
} from '@sextant/io/web';
import { skipInit } from '@sextant/nn';
import { type AttributeTable, contextFeatures } from '../attributes.js';
import { type FlowConfig, type FlowModelConfig, FlowModelSchema } from './config.js';
import { Flow } from './flow.js';

/** A flow's configuration, and its arrays by their paths. */
export type FlowWeights = ModelFile<FlowModelConfig>;

/** Safetensors with the configuration as metadata. */
export const encodeFlow = (weights: FlowWeights): Uint8Array => encodeModelFile('edit flow', weights);

/** Reads what {@link encodeFlow} wrote. @throws InputError when it is anything else. */
export const decodeFlow = (bytes: Uint8Array): FlowWeights =>
  decodeModelFile('edit flow', FlowModelSchema, bytes);

/** The flow of given arrays. @throws InputError when they are not those of the configuration. */
export function flowOf({ config, state }: FlowWeights): Flow {
  const flow = skipInit(() => new Flow(config.flow));
  fromFile('these are not weights of the flow that their configuration describes', () =>
    flow.loadStateDict(state),
  );
  return flow;
}

/**
 * The flow of an authors' checkpoint: depth, widths and blocks are those of its arrays.
 *
 * @param table - what it was conditioned on: a checkpoint does not name it.
 * @throws InputError when it holds no flow, or one of other attributes.
 */
export function importFlow(bytes: Uint8Array, table: AttributeTable): FlowWeights {
  const state = stateDict(decodePyTorch(bytes));
  const config = configOf(state);
  if (config.contextFeatures !== contextFeatures(table)) {
    throw new InputError(
      `its flow is conditioned on ${config.contextFeatures} numbers, the table of attributes has ${contextFeatures(table)}`,
    );
  }
  return { config: { flow: config, table }, state };
}

/** What flow the arrays of a checkpoint belong to. */
export function configOf(state: ReadonlyMap<string, NDArray>): FlowConfig {
  const places = [...state.keys()].flatMap((key) => key.match(/^chain\.(\d+)\./)?.[1] ?? []);
  const numBlocks = Math.max(0, ...places.map(Number)) / 2;
  const at = (i: number, name: string) => state.get(`chain.1.odefunc.diffeq.layers.${i}.${name}`);
  const widths: number[] = [];
  for (let i = 0; at(i, '_layer.weight'); i++) widths.push(at(i, '_layer.weight')!.shape[0]!);
  const gate = at(0, '_hyper_gate.weight')?.shape[1];
  if (numBlocks < 1 || widths.length < 1 || gate === undefined) {
    throw new InputError('it holds no flow: there is no chain.1.odefunc.diffeq.layers.0');
  }
  return { dimension: widths.at(-1)!, hidden: widths.slice(0, -1), contextFeatures: gate - 1, numBlocks };
}
