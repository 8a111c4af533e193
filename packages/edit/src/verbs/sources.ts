/**
 * @module What verbs are given to edit: codes from files, or pictures that codes are found for.
 */
import { extname } from 'node:path';
import { NDArray } from '@sextant/engine';
import { openImages } from '@sextant/image';
import { InputError, readNpy } from '@sextant/io';
import { Progress } from '@sextant/train';
import type { Editor } from '../editor.js';

export const SOURCE_ARGUMENT = 'codes (.npy, of sample or project), or a picture';

/**
 * Codes [rows, D] of a .npy file [n, rows, D], [rows, D], [n, D] or [n, 1, rows, D]; or of a picture, which one is found for.
 *
 * @throws InputError when they are not the generator's.
 */
export async function readSources(path: string, editor: Editor, quiet: boolean): Promise<NDArray[]> {
  if (extname(path).toLowerCase() === '.npy') return codesOf(path, await readNpy(path), editor);
  const set = await openImages(path);
  const progress = new Progress({ quiet });
  try {
    const codes: NDArray[] = [];
    for (let i = 0; i < set.length; i++) {
      const { code } = await editor.project(await set.load(i), {
        onProgress: (step, steps, error) =>
          progress.show(`${set.name(i)}: step ${step} of ${steps}, error ${error.toFixed(4)}`),
      });
      codes.push(code);
    }
    return codes;
  } finally {
    progress.close();
    await set.close();
  }
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
