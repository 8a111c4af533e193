/**
 * @module Avatars' networks as files: safetensors that carry their configuration.
 */
import { decodeModelFile, encodeModelFile, fromFile, type ModelFile } from '@sextant/io/web';
import { skipInit } from '@sextant/nn';
import { z } from 'zod';
import { AvatarSchema } from './config.js';
import { AvatarNetworks } from './networks.js';

export const ModelSchema = z.strictObject({
  networks: AvatarSchema,
  /** Whether there is a texture enhancer. */
  enhancer: z.boolean(),
});

/** The configuration of networks, and their arrays by their paths. */
export type AvatarWeights = ModelFile<z.output<typeof ModelSchema>>;

const SYSTEM = 'avatar';

export const encodeWeights = (weights: AvatarWeights): Uint8Array => encodeModelFile(SYSTEM, weights);

/** Reads what {@link encodeWeights} wrote. @throws InputError when it is anything else. */
export const decodeWeights = (bytes: Uint8Array): AvatarWeights =>
  decodeModelFile(SYSTEM, ModelSchema, bytes);

/** The networks of given arrays. @throws InputError when they are not those of the configuration. */
export function networksOf({ config, state }: AvatarWeights): AvatarNetworks {
  const networks = skipInit(() => new AvatarNetworks(config.networks, { enhancer: config.enhancer }));
  fromFile('these are not weights of the networks that their configuration describes', () =>
    networks.loadStateDict(state),
  );
  return networks;
}
