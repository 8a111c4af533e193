/**
 * @module Word vectors in GloVe's text files: a word and its numbers on each line.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { NDArray } from '@sextant/engine';
import { fileError, InputError } from '@sextant/io';

/**
 * Vectors [V, d] of words, 0 for those that the file does not have. The file is read line by line: it may be larger than the memory.
 *
 * @throws InputError when it cannot be read, holds none of the words, or its lines have different numbers.
 */
export async function readVectors(path: string, words: readonly string[]): Promise<NDArray<'float32'>> {
  const rows = new Map(words.map((word, row) => [word, row]));
  const found = new Map<number, number[]>();
  let width: number | undefined;
  let at = 0;
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) {
      at++;
      const space = line.indexOf(' ');
      const row = rows.get(line.slice(0, space));
      if (space < 0 || row === undefined) continue;
      const numbers = line
        .slice(space + 1)
        .trim()
        .split(' ')
        .map(Number);
      width ??= numbers.length;
      if (numbers.length !== width || !numbers.every(Number.isFinite)) {
        throw new InputError(`${path}: line ${at} has not ${width} numbers behind its word`);
      }
      found.set(row, numbers);
    }
  } catch (error) {
    throw fileError('read', path, error);
  }
  if (width === undefined)
    throw new InputError(`${path}: it has a vector for none of the ${words.length} words`);
  const data = new Float32Array(words.length * width);
  for (const [row, numbers] of found) data.set(numbers, row * width);
  return new NDArray(data, [words.length, width], 'float32');
}
