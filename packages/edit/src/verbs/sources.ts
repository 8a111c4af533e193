/**
 * @module What verbs are given to edit: codes from files, or pictures that codes are found for.
 */
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
}

/**
 * Codes [rows, D] of a .npy file [n, rows, D], [rows, D], [n, D] or [n, 1, rows, D]; or of pictures, which they are found for: by the
 * encoder where there is one, by gradient descent otherwise.
 *
 * @throws InputError when they are not the generator's, or a picture shows something else.
 */
export async function readSources(path: string, editor: Editor, options: SourceOptions): Promise<NDArray[]> {
  if (extname(path).toLowerCase() === '.npy') return codesOf(path, await readNpy(path), editor);
  const fast = editor.parts.encoder !== undefined;
  return (await findCodes(path, editor, { ...options, fast })).map(({ code }) => code);
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
  { fast = false, steps, quiet = false, force = false }: FindOptions,
): Promise<Found[]> {
  if (fast && !editor.parts.encoder) {
    throw new InputError('the model has no encoder: train one with train-encoder, or leave --fast out');
  }
  const set = await openImages(path);
  const progress = new Progress({ quiet });
  try {
    const found: Found[] = [];
    for (let i = 0; i < set.length; i++) {
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
  const [last, before] = [shape.at(-1), shape.at(-2)];
  if (last !== dimension || values.length === 0) {
    throw new InputError(
      `${path}: shape [${shape.join(', ')}]; codes here have ${rows} rows of ${dimension} numbers`,
    );
  }
  // Codes of W stand in all rows.
  const whole = before === rows;
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
