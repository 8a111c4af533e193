/**
 * @module Proposal generators as files: safetensors that carry their configuration.
 */
import { decodeModelFile, encodeModelFile, fromFile, type ModelFile } from '@sextant/io';
import { skipInit } from '@sextant/nn';
import { readModel } from '@sextant/train';
import { type ProposalModelConfig, ProposalModelSchema, ProposalTrainSchema } from './config.js';
import { Proposer } from './proposer.js';
import { newGenerator } from './train.js';

/** A generator's configuration, and its arrays by their paths. */
export type ProposalWeights = ModelFile<ProposalModelConfig>;

const SYSTEM = 'caption proposals';

export const encodeProposals = (weights: ProposalWeights): Uint8Array => encodeModelFile(SYSTEM, weights);

/** Reads what {@link encodeProposals} wrote. @throws InputError when it is anything else. */
export const decodeProposals = (bytes: Uint8Array): ProposalWeights =>
  decodeModelFile(SYSTEM, ProposalModelSchema, bytes);

/** A file of ours, or the best checkpoint of a run folder (the last one where nothing was measured). @throws InputError */
export const readProposals = (path: string): Promise<ProposalWeights> =>
  readModel(path, {
    decode: decodeProposals,
    schema: ProposalTrainSchema,
    configOf: ({ proposals, rows }) => ({ proposals, rows }),
    component: 'generator',
    measured: ({ validation }) => validation.length > 0,
  });

/** What finds segments by a generator's weights. @throws InputError when they are not those of the configuration. */
export function proposerOf({ config, state }: ProposalWeights): Proposer {
  const generator = skipInit(() => newGenerator(config));
  fromFile('these are not weights of the generator that their configuration describes', () =>
    generator.loadStateDict(state),
  );
  return new Proposer(generator, config.rows);
}
