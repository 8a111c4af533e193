/**
 * @module Pictures with who they show: what an embedder learns from.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NDArray } from '@sextant/engine';
import type { ImageSet } from '@sextant/image';
import { InputError, readNpy } from '@sextant/io';
import type { Dataset } from '@sextant/train';
import { planesOf } from '../estimator/planes.js';
import { keptOf } from '../held-out.js';

/** A picture, and its person by number. */
export interface Portrait {
  /** [3, S, S], from -1 to 1. */
  readonly image: NDArray<'float32'>;
  readonly person: number;
}

/** Pictures with their persons' numbers, which are all from 0 to before `count`. */
export interface Portraits extends Dataset<Portrait> {
  readonly people: Int32Array;
  readonly count: number;
}

/**
 * Who the pictures of a folder show: person.npy [n], any whole numbers.
 *
 * @throws InputError when it is missing, or does not belong to the pictures.
 */
export async function readPeople(folder: string, pictures: number): Promise<Int32Array> {
  const path = join(folder, 'person.npy');
  if (!existsSync(path)) {
    throw new InputError(
      `${path}: no such file: it tells who the pictures show, as \`sextant edit heads\` writes it`,
    );
  }
  const { data, shape } = await readNpy(path);
  if (shape.length !== 1 || data.length !== pictures) {
    throw new InputError(
      `${path}: shape [${shape.join(', ')}]; ${pictures} numbers are needed, one for each picture`,
    );
  }
  const ids = Array.from(data, Number);
  const bad = ids.findIndex((id) => !Number.isInteger(id));
  if (bad >= 0) throw new InputError(`${path}: value ${bad} is ${ids[bad]}, no whole number`);
  return Int32Array.from(ids);
}

/** Pictures of a set that show certain people. */
export function portraits(
  set: ImageSet,
  ids: Int32Array,
  people: ReadonlySet<number>,
  size: number,
): Portraits {
  const numbers = new Map([...people].map((id, i) => [id, i]));
  const rows = [...ids.keys()].filter((i) => people.has(ids[i]!));
  const shown = Int32Array.from(rows, (i) => numbers.get(ids[i]!)!);
  return {
    length: rows.length,
    people: shown,
    count: people.size,
    get: async (i) => ({ image: planesOf(await set.load(rows[i]!), size), person: shown[i]! }),
  };
}

/** People to learn from, and the last ones, a share of all, who are held out. */
export function splitPeople(ids: Int32Array, heldOut: number) {
  const people = [...new Set(ids)].sort((a, b) => a - b);
  const kept = keptOf(people.length, heldOut);
  return { training: new Set(people.slice(0, kept)), held: new Set(people.slice(kept)) };
}
