/**
 * @module Embedders of persons from files: those of ours, or run folders.
 */
import { within } from '@sextant/io';
import { readModel } from '@sextant/train';
import { findPart } from '../load.js';
import { embeddedFolder } from '../parts-node.js';
import { Recognizer } from './recognizer.js';
import { IdentityTrainSchema } from './train.js';
import { decodeIdentity, embedderOf, type IdentityWeights } from './weights.js';

/** A file of ours, or the best checkpoint of a run folder. @throws InputError */
export const readIdentity = (path: string): Promise<IdentityWeights> =>
  readModel(path, {
    decode: decodeIdentity,
    schema: IdentityTrainSchema,
    configOf: ({ embedder }) => ({ embedder }),
    component: 'embedder',
  });

/** What tells persons apart in a model's folder: `identity.safetensors` or a run folder `identity`, if it is there. @throws InputError */
export async function loadRecognizer(folder: string = embeddedFolder()): Promise<Recognizer | undefined> {
  const path = findPart(folder, 'identity');
  if (path === undefined) return undefined;
  const weights = await readIdentity(path);
  return within(path, () => new Recognizer(embedderOf(weights)));
}
