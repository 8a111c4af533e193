import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, Generator } from '@sextant/engine';
import { writeNpy } from '@sextant/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { search } from './search.js';
import { readVectors, writeVectors } from './vectors.js';

describe('search', () => {
  const base = {
    vectors: array([
      [1, 0],
      [10, 1],
      [0, 2],
      [-1, 0],
    ]),
    names: ['a', 'b', 'c', 'd'],
    labels: ['x', 'x', 'y', 'z'],
  };

  it('orders by angle', async () => {
    const [hits] = await search(base, array([[5, 0]]), { k: 9 });
    expect(hits!.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
    const expected = [1, 10 / Math.sqrt(101), 0, -1];
    for (const [i, { score }] of hits!.entries()) expect(score).toBeCloseTo(expected[i]!, 6);
    expect(hits![2]).toMatchObject({ row: 2, name: 'c', label: 'y' });
  });

  it('orders by distance', async () => {
    const found = await search(
      base,
      array([
        [5, 0],
        [0, 0],
      ]),
      { k: 2, measure: 'euclidean' },
    );
    expect(found.map((hits) => hits.map(({ name }) => name))).toEqual([
      ['a', 'b'],
      ['a', 'd'],
    ]);
    expect(found[0]!.map(({ score }) => score)).toEqual([4, Math.sqrt(26)]);
  });

  it('says which vector has no angle', async () => {
    await expect(search(base, array([[0, 0]]))).rejects.toThrow(/query 0 is all zeros/);
    const zero = { vectors: array([[0, 0]]), names: ['dark.jpg'] };
    await expect(search(zero, array([[1, 0]]))).rejects.toThrow(/"dark.jpg" is all zeros .* euclidean/);
    await expect(search(base, array([[1, 0]]), { k: 0 })).rejects.toThrow(/0 nearest vectors/);
  });
});

describe('files of vectors', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vectors-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);

  const vectors = new Generator(1).normalArray([3, 5]);
  const names = ['a/1.jpg', 'with "quotes", commas', 'ü\nline'];

  it.each(['a.npy', 'a.parquet', 'a.csv'])('%s is read as it was written', async (file) => {
    const labels = ['cat', '', '7'];
    await writeVectors(path(file), { vectors, names, labels });
    expect(await readVectors(path(file))).toEqual({ vectors, names, labels });
    await writeVectors(path(file), { vectors, names });
    expect(await readVectors(path(file))).toEqual({ vectors, names, labels: undefined });
  });

  it('reads tables of other programs', async () => {
    await writeFile(path('plain.csv'), 'x;y;z\n1;2.5;0\n-3;4e-1;0\n');
    expect(await readVectors(path('plain.csv'))).toMatchObject({
      vectors: array([
        [1, 2.5, 0],
        [-3, 0.4, 0],
      ]),
      names: ['0', '1'],
    });
    await writeFile(path('list.csv'), 'name,embedding\na,"[1, 2]"\nb,"[3, 4]"\n');
    expect(await readVectors(path('list.csv'))).toMatchObject({
      vectors: array([
        [1, 2],
        [3, 4],
      ]),
      names: ['a', 'b'],
    });
    await writeNpy(
      path('double.npy'),
      array(
        [
          [1, 2],
          [3, 4],
        ],
        { dtype: 'float64' },
      ),
    );
    expect(await readVectors(path('double.npy'))).toMatchObject({
      vectors: array([
        [1, 2],
        [3, 4],
      ]),
      names: ['0', '1'],
    });
  });

  it.each([
    ['vectors.txt', 'a', /vectors are kept as .npy, .parquet, .csv/],
    ['empty.csv', '', /it is empty/],
    ['head.csv', 'name,v0\n', /it holds no vectors/],
    ['word.csv', 'name,v0\na,cat\n', /row 2: "cat" is not a number/],
    ['gap.csv', 'v0,v1\n1,\n', /row 2: "" is not a number/],
    ['infinite.csv', 'v0,v1\n1,Infinity\n', /row 0 holds Infinity/],
    ['ragged.csv', 'name,v\na,"[1, 2]"\nb,"[3]"\n', /row 3: 1 numbers, and 2 in the first row/],
  ])('%s is refused', async (file, content, message) => {
    await writeFile(path(file), content);
    await expect(readVectors(path(file))).rejects.toThrow(message);
  });

  it('refuses names that are not the vectors’', async () => {
    await expect(writeVectors(path('b.npy'), { vectors, names: ['one'] })).rejects.toThrow(/1 names for 3/);
    await writeVectors(path('c.npy'), { vectors, names });
    const other = path('c.names.csv');
    await writeFile(other, `${await readFile(other, 'utf8')}more\n`);
    await expect(readVectors(path('c.npy'))).rejects.toThrow(/c.names.csv: 4 names for 3 vectors/);
    await writeNpy(path('cube.npy'), array(new Float32Array(8), { shape: [2, 2, 2] }));
    await expect(readVectors(path('cube.npy'))).rejects.toThrow(/cube.npy: shape \[2, 2, 2\]/);
  });
});
