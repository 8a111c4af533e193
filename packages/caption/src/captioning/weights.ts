/**
 * @module Captioners as files: safetensors that carry their configuration and their words.
 */
import { decodeModelFile, encodeModelFile, fromFile, type ModelFile } from '@sextant/io';
import { skipInit } from '@sextant/nn';
import { readModel } from '@sextant/train';
import { Vocabulary } from '../text/vocabulary.js';
import { type CaptionerModelConfig, CaptionerModelSchema, CaptionerTrainSchema } from './config.js';
import { newCaptioner } from './train.js';
import { Writer } from './writer.js';

/** A captioner's configuration, and its arrays by their paths. */
export type CaptionerWeights = ModelFile<CaptionerModelConfig>;

const SYSTEM = 'caption captioner';

export const encodeCaptioner = (weights: CaptionerWeights): Uint8Array => encodeModelFile(SYSTEM, weights);

/** Reads what {@link encodeCaptioner} wrote. @throws InputError when it is anything else. */
export const decodeCaptioner = (bytes: Uint8Array): CaptionerWeights =>
  decodeModelFile(SYSTEM, CaptionerModelSchema, bytes);

/** A file of ours, or the best checkpoint of a run folder (the last one where nothing was measured). @throws InputError */
export const readCaptioner = (path: string): Promise<CaptionerWeights> =>
  readModel(path, {
    decode: decodeCaptioner,
    schema: CaptionerTrainSchema,
    configOf: ({ captioner, words, maxLength }) => ({ captioner, words, maxLength }),
    component: 'captioner',
    measured: ({ validation }) => validation.length > 0,
  });

/** What writes sentences by a captioner's weights. @throws InputError when they are not those of the configuration. */
export function writerOf({ config, state }: CaptionerWeights): Writer {
  const captioner = skipInit(() => newCaptioner(config));
  fromFile('these are not weights of the captioner that their configuration describes', () =>
    captioner.loadStateDict(state),
  );
  return new Writer(captioner, new Vocabulary(config.words), config);
}
