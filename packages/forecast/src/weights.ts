/**
 * @module Weights as files: safetensors that carry their configuration with them.
 */
import { decodeModelFile, encodeModelFile, type ModelFile } from '@sextant/io';
import { readModel } from '@sextant/train';
import { type ModelConfig, ModelSchema, TrainSchema } from './config.js';

/** A network's configuration, and its parameters by their paths. */
export type ForecastWeights = ModelFile<ModelConfig>;

/** Safetensors with the configuration as metadata. */
export const encodeWeights = (weights: ForecastWeights): Uint8Array => encodeModelFile('forecast', weights);

/** Reads what {@link encodeWeights} wrote. @throws InputError when it is anything else. */
export const decodeWeights = (bytes: Uint8Array): ForecastWeights =>
  decodeModelFile('forecast', ModelSchema, bytes);

/**
 * Reads a file of ours, or of a run folder the best checkpoint (the last one where nothing was validated).
 *
 * @throws InputError naming the path and what is wrong with it.
 */
export const readWeights = (path: string): Promise<ForecastWeights> =>
  readModel(path, {
    decode: decodeWeights,
    schema: TrainSchema,
    configOf: modelOf,
    component: 'network',
    measured: ({ heldOut }) => heldOut > 0,
  });

/** What of a training's configuration its network needs. */
export const modelOf = (config: ModelConfig): ModelConfig => {
  const { network, frequency, history, horizon, scale, features, season, series } = config;
  return { network, frequency, history, horizon, scale, features, season, series };
};
