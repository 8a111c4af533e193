/**
 * @module Embedders of persons from files: those of ours, or run folders.
 */
import { isFolder, readFile, within } from '@sextant/io';
import { checkpointPath, componentTensors, readCheckpoint, readConfig } from '@sextant/train';
import { findPart } from '../load.js';
import { embeddedFolder } from '../parts-node.js';
import { Recognizer } from './recognizer.js';
import { IdentityTrainSchema } from './train.js';
import { decodeIdentity, embedderOf, type IdentityWeights } from './weights.js';

/** A file of ours, or the best checkpoint of a run folder. @throws InputError */
export async function readIdentity(path: string): Promise<IdentityWeights> {
  if (!(await isFolder(path))) {
    const bytes = await readFile(path);
    return within(path, () => decodeIdentity(bytes));
  }
  const { embedder } = await readConfig(path, IdentityTrainSchema);
  const checkpoint = await readCheckpoint(await checkpointPath(path, 'best'));
  return { config: { embedder }, state: componentTensors(checkpoint, 'embedder') };
}

/** What tells persons apart in a model's folder: `identity.safetensors` or a run folder `identity`, if it is there. @throws InputError */
export async function loadRecognizer(folder: string = embeddedFolder()): Promise<Recognizer | undefined> {
  const path = findPart(folder, 'identity');
  if (path === undefined) return undefined;
  const weights = await readIdentity(path);
  return within(path, () => new Recognizer(embedderOf(weights)));
}
