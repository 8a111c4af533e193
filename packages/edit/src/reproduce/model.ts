/**
 * @module The model that experiments are made on: a folder of what the verbs make, `generator`, `estimator`, `flow`, `codes` and, if there
 * is one, `identity`.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from '@sextant/experiment';
import { InputError } from '@sextant/io';
import type { Editor } from '../editor.js';
import { populationOf } from '../evaluation/compare.js';
import type { Population } from '../evaluation/population.js';
import { loadRecognizer } from '../identity/load.js';
import type { Recognizer } from '../identity/recognizer.js';
import { findPart, loadEditor } from '../load.js';

/** As the verbs draw codes. */
export const TRUNCATION = 0.7;

/** What of a part tells it from others: trainings that wrote the same metrics made the same weights. */
const TELLING = ['config.json', 'metrics.jsonl', 'latents.npy', 'light.npy', 'attributes.npy'];

/**
 * Fingerprints of a model's parts, which results belong to.
 *
 * @throws InputError when one is not there.
 */
export function fingerprints(folder: string, parts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    parts.map((part) => {
      const path = findPart(folder, part);
      if (path === undefined) {
        throw new InputError(
          `the model is not there: ${join(folder, part)}; make it as the README says, or give another folder with --data`,
        );
      }
      const files = path.endsWith('.safetensors')
        ? [path]
        : TELLING.map((name) => join(path, name)).filter((file) => existsSync(file));
      const hash = createHash('sha256');
      for (const file of files) hash.update(readFileSync(file));
      return [part, hash.digest('hex').slice(0, 16)];
    }),
  );
}

/** Those of an editor, with what tells persons apart if that is there. */
export const editorFingerprints = (folder: string) =>
  fingerprints(folder, [
    'generator',
    'estimator',
    'flow',
    ...(findPart(folder, 'identity') === undefined ? [] : ['identity']),
  ]);

export interface Model {
  readonly editor: Editor;
  readonly recognizer: Recognizer | undefined;
  readonly population: Population;
}

/** The model, loaded by the first job that needs it; it stays until the process ends. */
export const modelOf = (folder: string): (() => Promise<Model>) =>
  once(async () => {
    const editor = await loadEditor(folder);
    const recognizer = await loadRecognizer(folder);
    return { editor, recognizer, population: await populationOf(editor, { truncation: TRUNCATION }) };
  });
