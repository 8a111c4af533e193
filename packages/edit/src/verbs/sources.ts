/**
 * @module What verbs are given to edit: codes from files, or pictures that codes are found for.
 */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { NDArray } from '@sextant/engine';
import { type Image, openImages } from '@sextant/image';
import { InputError, readNpy } from '@sextant/io';
import { Progress } from '@sextant/train';
import type { Editor, Projection } from '../editor.js';
import type { DescentOptions } from '../project.js';

export const SOURCE_ARGUMENT = 'codes (.npy, of sample or project), or a picture';

export interface SourceOptions {
  readonly quiet?: boolean;
  /** Whether pictures count that the generator cannot have made. */
  readonly force?: boolean;
  /** Whether only the first is wanted. */
  readonly first?: boolean;
}

/** A code [rows, D], and the picture that it was found for. */
export interface Source {
  readonly code: NDArray;
  readonly picture?: Image;
}

/** What can be told before models are loaded. @throws InputError when there is no such file or folder. */
export function checkSource(path: string): void {
  if (!existsSync(path)) throw new InputError(`${path}: no such file; give ${SOURCE_ARGUMENT}`);
}

/**
 * Codes of a .npy file [n, rows, D], [rows, D], [n, 1, rows, D], or [n, D], [n, 1, D], [n, 1, 1, D]; or of pictures, which they are found for: by the
 * encoder where there is one, by gradient descent otherwise.
 *
 * @throws InputError when they are not the generator's, or a picture shows something else.
 */
export async function readSources(path: string, editor: Editor, options: SourceOptions): Promise<Source[]> {
  if (extname(path).toLowerCase() === '.npy') {
    const codes = codesOf(path, await readNpy(path), editor);
    return codes.slice(0, options.first ? 1 : undefined).map((code) => ({ code }));
  }
  const fast = editor.parts.encoder !== undefined;
  return findCodes(path, editor, { ...options, fast });
}

export interface FindOptions extends SourceOptions {
  /** Whether the encoder's codes are taken as they are. */
  readonly fast?: boolean;
  /** Updates of each code, otherwise. */
  readonly steps?: number;
}

/** A picture and its code. */
export interface Found extends Projection {
  readonly name: string;
  readonly picture: Image;
}

/**
 * Finds the codes of a picture, or of all in a folder.
 *
 * @throws InputError for a picture that shows something else than the generator makes, or where an encoder is asked for and missing.
 */
export async function findCodes(
  path: string,
  editor: Editor,
  { fast = false, steps, quiet = false, force = false, first = false }: FindOptions,
): Promise<Found[]> {
  if (fast && !editor.parts.encoder) {
    throw new InputError('the model has no encoder: train one with train-encoder, or leave --fast out');
  }
  const set = await openImages(path, { upright: true });
  const progress = new Progress({ quiet });
  try {
    const found: Found[] = [];
    for (let i = 0; i < (first ? 1 : set.length); i++) {
      const [name, picture] = [set.name(i), await set.load(i)];
      const onProgress: DescentOptions['onProgress'] = (step, all, error) =>
        progress.show(`${name}: step ${step} of ${all}, error ${error.toFixed(4)}`);
      const start = await editor.nearest(picture, { onProgress });
      if (!force) refuseStrange(name, start, editor.strangest);
      const options = { start, onProgress, ...(steps !== undefined && { steps }) };
      found.push({ name, picture, ...(fast ? start : await editor.project(picture, options)) });
    }
    return found;
  } finally {
    progress.close();
    await set.close();
  }
}

/** @throws InputError */
function refuseStrange(name: string, { strangeness }: Projection, strangest: number): void {
  if (strangeness <= strangest) return;
  throw new InputError(
    `${name}: no face that the generator could have made: it is missed by ${strangeness.toFixed(2)} of what its pictures differ by, ` +
      `faces by at most ${strangest}; give a picture of one face that fills it, or --force`,
  );
}

function codesOf(path: string, { data, shape }: NDArray, { parts: { synthesizer } }: Editor): NDArray[] {
  const [rows, dimension] = [synthesizer.latentCount, synthesizer.config.styleDim];
  const values = Float32Array.from(data, Number);
  const bad = values.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw new InputError(`${path}: value ${bad} is ${values[bad]}`);
  const [n = 0] = shape;
  const is = (...wanted: number[]) => wanted.join() === shape.join();
  const whole = is(rows, dimension) || is(n, rows, dimension) || is(n, 1, rows, dimension);
  // Codes of W stand in all rows.
  const inW = is(n, dimension) || is(n, 1, dimension) || is(n, 1, 1, dimension);
  if ((!whole && !inW) || values.length === 0) {
    throw new InputError(
      `${path}: shape [${shape.join(', ')}]; codes here have ${rows} rows of ${dimension} numbers`,
    );
  }
  const each = whole ? rows * dimension : dimension;
  return Array.from({ length: values.length / each }, (_, i) => {
    const code = new Float32Array(rows * dimension);
    for (let row = 0; row < rows; row++) {
      const from = i * each + (whole ? row * dimension : 0);
      code.set(values.subarray(from, from + dimension), row * dimension);
    }
    return new NDArray(code, [rows, dimension], 'float32');
  });
}
