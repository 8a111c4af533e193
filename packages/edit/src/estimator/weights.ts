/**
 * @module Estimators as files: safetensors that carry their configuration.
 */
import { decodeModelFile, encodeModelFile, fromFile, type ModelFile } from '@sextant/io/web';
import { skipInit } from '@sextant/nn';
import { type EstimatorModelConfig, EstimatorModelSchema } from './config.js';
import { Estimator } from './model.js';

/** An estimator's configuration, and its arrays by their paths. */
export type EstimatorWeights = ModelFile<EstimatorModelConfig>;

export const encodeEstimator = (weights: EstimatorWeights): Uint8Array =>
  encodeModelFile('edit estimator', weights);

/** Reads what {@link encodeEstimator} wrote. @throws InputError when it is anything else. */
export const decodeEstimator = (bytes: Uint8Array): EstimatorWeights =>
  decodeModelFile('edit estimator', EstimatorModelSchema, bytes);

/** The estimator of given arrays. @throws InputError when they are not those of the configuration. */
export function estimatorOf({ config, state }: EstimatorWeights): Estimator {
  const estimator = skipInit(() => new Estimator(config.estimator));
  fromFile('these are not weights of the estimator that their configuration describes', () =>
    estimator.loadStateDict(state),
  );
  return estimator;
}
