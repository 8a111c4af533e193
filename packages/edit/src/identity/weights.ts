/**
 * @module Embedders as files: safetensors that carry their configuration.
 */
import { decodeModelFile, encodeModelFile, fromFile, type ModelFile } from '@sextant/io';
import { skipInit } from '@sextant/nn';
import { Embedder } from './model.js';
import { type IdentityModelConfig, IdentityModelSchema } from './train.js';

/** An embedder's configuration, and its arrays by their paths. */
export type IdentityWeights = ModelFile<IdentityModelConfig>;

export const encodeIdentity = (weights: IdentityWeights): Uint8Array =>
  encodeModelFile('edit identity', weights);

/** Reads what {@link encodeIdentity} wrote. @throws InputError when it is anything else. */
export const decodeIdentity = (bytes: Uint8Array): IdentityWeights =>
  decodeModelFile('edit identity', IdentityModelSchema, bytes);

/** The embedder of given arrays. @throws InputError when they are not those of the configuration. */
export function embedderOf({ config, state }: IdentityWeights): Embedder {
  const embedder = skipInit(() => new Embedder(config.embedder));
  fromFile('these are not weights of the embedder that their configuration describes', () =>
    embedder.loadStateDict(state),
  );
  return embedder;
}
