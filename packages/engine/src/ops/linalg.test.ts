import { describe, expect, it } from 'vitest';
import { array } from '../ndarray.js';
import { program } from '../program.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { einsum, matmul, tril, triu } from './linalg.js';

const r = (shape: number[], seed: number) => randomArray(shape, { seed });

describe('matmul', () => {
  it('multiplies', async () => {
    const y = await evaluate(
      matmul,
      array([
        [1, 2],
        [3, 4],
      ]),
      array([
        [5, 6],
        [7, 8],
      ]),
    );
    expect([...y.data]).toEqual([19, 22, 43, 50]);
  });
  it.each([
    [
      [2, 3],
      [3, 4],
    ],
    [
      [2, 5, 2, 3],
      [5, 3, 4],
    ],
    [
      [2, 5, 3],
      [3, 4],
    ],
    [
      [2, 3],
      [5, 3, 2],
    ],
    [[3], [3, 4]],
    [[2, 3], [3]],
    [[3], [3]],
  ])('gradients of %j × %j', async (a, b) => {
    await checkGradients(matmul, [r(a, 1), r(b, 2)], { second: true });
  });
  it('says which sizes do not align', async () => {
    await expect(evaluate(matmul, r([2, 3], 1), r([4, 5], 2))).rejects.toThrow(
      /matmul: shapes \[2, 3\] and \[4, 5\] do not align: 3 ≠ 4/,
    );
  });
});

describe('triangles', () => {
  const matrix = array([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  it.each<[string, (t: Tensor) => Tensor, number[]]>([
    ['tril', (t) => tril(t), [1, 0, 0, 4, 5, 0]],
    ['tril above', (t) => tril(t, 1), [1, 2, 0, 4, 5, 6]],
    ['triu', (t) => triu(t), [1, 2, 3, 0, 5, 6]],
    ['triu below', (t) => triu(t, -1), [1, 2, 3, 4, 5, 6]],
  ])('%s', async (_, fn, expected) => {
    expect([...(await evaluate(fn, matrix)).data]).toEqual(expected);
    await checkGradients(fn, [r([2, 3, 3], 1)], { second: true });
  });
});

describe('einsum', () => {
  it.each<[string, number[][]]>([
    [
      'bik,bjk->bij',
      [
        [2, 3, 4],
        [2, 5, 4],
      ],
    ],
    [
      'ij,jk,kl->il',
      [
        [2, 3],
        [3, 4],
        [4, 2],
      ],
    ],
    [
      'bhid,bhjd->bhij',
      [
        [2, 2, 3, 4],
        [2, 2, 5, 4],
      ],
    ],
    ['i,j->ij', [[3], [4]]],
    [
      'bhld,hdbl->blh',
      [
        [2, 2, 3, 4],
        [2, 4, 2, 3],
      ],
    ],
    [
      'ij,ji->ij',
      [
        [2, 3],
        [3, 2],
      ],
    ],
    ['ijk->ki', [[2, 3, 4]]],
    [
      'ij,ij->',
      [
        [2, 3],
        [2, 3],
      ],
    ],
  ])('gradients of %s', async (equation, shapes) => {
    await checkGradients(
      (...xs) => einsum(equation, ...xs),
      shapes.map((s, i) => r(s, i + 1)),
      { second: true },
    );
  });
  it('of a pair with the same axes is a product of elements', async () => {
    const f = program((a: Tensor, b: Tensor) => einsum('bhld,bhld->bhl', a, b), {
      inputs: [{ shape: [2, 2, 3, 4] }, { shape: [2, 2, 3, 4] }],
    });
    expect(new TextDecoder('latin1').decode(await f.export())).not.toContain('MatMul');
  });
  it('sums products', async () => {
    const y = await evaluate(
      (a, b) => einsum('ij,kj->ik', a, b),
      array([[1, 2]]),
      array([
        [3, 4],
        [5, 6],
      ]),
    );
    expect([...y.data]).toEqual([11, 17]);
  });
  it('refuses sizes that differ', async () => {
    await expect(evaluate((a, b) => einsum('ij,jk->ik', a, b), r([2, 3], 1), r([4, 2], 2))).rejects.toThrow(
      /einsum: axis 'j' has sizes 3 and 4/,
    );
  });
});
