/**
 * @module Encoders as files: safetensors that carry their configuration.
 */
import { decodeModelFile, encodeModelFile, type ModelFile } from '@sextant/io/web';
import { type ModelConfig, ModelSchema } from './config.js';

/** An encoder's configuration, and its arrays by their paths. */
export type EncoderWeights = ModelFile<ModelConfig>;

/** Safetensors with the configuration as metadata. */
export const encodeWeights = (weights: EncoderWeights): Uint8Array => encodeModelFile('represent', weights);

/** Reads what {@link encodeWeights} wrote. @throws InputError when it is anything else. */
export const decodeWeights = (bytes: Uint8Array): EncoderWeights =>
  decodeModelFile('represent', ModelSchema, bytes);
