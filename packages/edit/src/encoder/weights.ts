/**
 * @module Encoders as files: safetensors that carry their configuration.
 */
import { decodeModelFile, encodeModelFile, fromFile, type ModelFile } from '@sextant/io/web';
import { skipInit } from '@sextant/nn';
import { Encoder, type EncoderConfig, EncoderSchema } from './model.js';

/** An encoder's configuration, and its arrays by their paths. */
export type EncoderWeights = ModelFile<EncoderConfig>;

export const encodeEncoder = (weights: EncoderWeights): Uint8Array =>
  encodeModelFile('edit encoder', weights);

/** Reads what {@link encodeEncoder} wrote. @throws InputError when it is anything else. */
export const decodeEncoder = (bytes: Uint8Array): EncoderWeights =>
  decodeModelFile('edit encoder', EncoderSchema, bytes);

/** The encoder of given arrays. @throws InputError when they are not those of the configuration. */
export function encoderOf({ config, state }: EncoderWeights): Encoder {
  const encoder = skipInit(() => new Encoder(config));
  fromFile('these are not weights of the encoder that their configuration describes', () =>
    encoder.loadStateDict(state),
  );
  return encoder;
}
