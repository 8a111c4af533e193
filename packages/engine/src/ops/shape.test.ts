import { describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { array, NDArray } from '../ndarray.js';
import { program } from '../program.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { mul } from './elementwise.js';
import { square } from './functions.js';
import { sum } from './reduce.js';
import * as shape from './shape.js';
import * as slicing from './slicing.js';

const op = { ...shape, ...slicing };
const x = randomArray([2, 3, 7]);
const range = (n: number) =>
  array(
    Float64Array.from({ length: n }, (_, i) => i),
    { dtype: 'float64' },
  );

describe('values follow NumPy', () => {
  it.each<[string, (t: Tensor) => Tensor, number[]]>([
    ['slice', (t) => op.slice(t, 0, 1, 4), [1, 2, 3]],
    ['slice from the end', (t) => op.slice(t, 0, -3), [4, 5, 6]],
    ['slice by 3', (t) => op.slice(t, 0, 0, undefined, 3), [0, 3, 6]],
    ['slice by -2', (t) => op.slice(t, 0, 5, 0, -2), [5, 3, 1]],
    ['slice by -3 to the first', (t) => op.slice(t, 0, undefined, undefined, -3), [6, 3, 0]],
    ['flip', (t) => op.flip(t, 0), [6, 5, 4, 3, 2, 1, 0]],
    ['pad', (t) => op.pad(op.slice(t, 0, 0, 2), [[1, 2]], { value: 9 }), [9, 0, 1, 9, 9]],
    [
      'reflect',
      (t) => op.pad(op.slice(t, 0, 0, 4), [[2, 3]], { mode: 'reflect' }),
      [2, 1, 0, 1, 2, 3, 2, 1, 0],
    ],
    ['replicate', (t) => op.pad(op.slice(t, 0, 0, 2), [[2, 1]], { mode: 'replicate' }), [0, 0, 0, 1, 1]],
    ['roll', (t) => op.roll(t, 2, 0), [5, 6, 0, 1, 2, 3, 4]],
    ['roll backwards, beyond the size', (t) => op.roll(t, -8, 0), [1, 2, 3, 4, 5, 6, 0]],
    ['dilate', (t) => op.dilate(op.slice(t, 0, 1, 3), 0, 3), [1, 0, 0, 2, 0, 0]],
    ['tile', (t) => op.tile(op.slice(t, 0, 0, 2), [2]), [0, 1, 0, 1]],
    ['repeat', (t) => op.repeat(op.slice(t, 0, 0, 2), 2), [0, 0, 1, 1]],
  ])('%s', async (_, fn, expected) => {
    expect([...(await evaluate(fn, range(7))).data]).toEqual(expected);
  });
  it('transpose', async () => {
    const t = new NDArray(Float32Array.of(0, 1, 2, 3, 4, 5), [2, 3], 'float32');
    expect([...(await evaluate((a) => op.transpose(a), t)).data]).toEqual([0, 3, 1, 4, 2, 5]);
  });
});

describe('gradients', () => {
  const twice = (t: Tensor) => mul(t, t);
  it.each<[string, (t: Tensor) => Tensor]>([
    ['reshape', (t) => op.reshape(t, [3, -1])],
    ['transpose', (t) => op.transpose(t, [2, 0, 1])],
    ['broadcastTo', (t) => op.broadcastTo(op.expandDims(t, 1), [2, 4, 3, 7])],
    ['slice', (t) => op.slice(t, 2, 1, -2)],
    ['slice by 2', (t) => op.slice(t, 2, 1, undefined, 2)],
    ['slice by 3 short of the end', (t) => op.slice(t, 2, 0, 5, 3)],
    ['slice by -2', (t) => op.slice(t, 2, 5, undefined, -2)],
    ['flip', (t) => op.flip(t, 1)],
    ['dilate', (t) => op.dilate(t, 1, 3)],
    [
      'pad',
      (t) =>
        op.pad(t, [
          [1, 0],
          [2, 3],
        ]),
    ],
    ['roll', (t) => op.roll(t, 3, 2)],
    ['reflect', (t) => op.pad(t, [[2, 1]], { mode: 'reflect' })],
    [
      'reflect two axes, narrow',
      (t) =>
        op.pad(
          t,
          [
            [2, 2],
            [6, 5],
          ],
          { mode: 'reflect' },
        ),
    ],
    [
      'replicate',
      (t) =>
        op.pad(
          t,
          [
            [1, 2],
            [3, 0],
          ],
          { mode: 'replicate' },
        ),
    ],
    ['concat', (t) => op.concat([t, op.slice(t, 2, 0, 2), t], 2)],
    ['stack', (t) => op.stack([t, square(t)], 1)],
    ['split', (t) => op.concat(op.split(t, [2, 4, 1], 2).reverse(), 2)],
    ['tile', (t) => op.tile(t, [1, 2, 3])],
    ['repeat', (t) => op.repeat(t, 3, 1)],
    ['flatten', (t) => op.flatten(t, 1)],
  ])('%s', async (_, fn) => {
    await checkGradients((t) => twice(fn(t)), [x], { second: true });
  });
});

describe('symbolic sizes', () => {
  it('one program serves every length, gradients included', async () => {
    const f = program(
      (t: Tensor) => {
        const padded = op.pad(t, [[2, 1]], { mode: 'reflect' });
        const y = op.reshape(op.slice(padded, 1, 1, undefined, 1), [-1, 2]);
        return { y, g: grad(sum(mul(y, y)), t) };
      },
      { inputs: [{ shape: [2, 'L'] }] },
    );
    for (const length of [5, 8]) {
      const t = randomArray([2, length], { dtype: 'float32' });
      const { y, g } = await f(t);
      expect(y.shape).toEqual([length + 2, 2]);
      expect(g.shape).toEqual([2, length]);
    }
  });
  it.each<[string, (t: Tensor) => Tensor, number[]]>([
    ['reflect', (t) => op.pad(t, [[2, 1]], { mode: 'reflect' }), [3, 4, 5, 6]],
    ['reflect at one end', (t) => op.pad(t, [[0, 2]], { mode: 'reflect' }), [3, 4, 5]],
    ['replicate', (t) => op.pad(t, [[2, 1]], { mode: 'replicate' }), [1, 2, 3]],
    ['replicate at one end', (t) => op.pad(t, [[0, 2]], { mode: 'replicate' }), [1, 3]],
    ['roll', (t) => op.roll(t, -2, 1), [2, 5]],
  ])('the gradient of %s, as with fixed sizes, also where borders meet', async (_, fn, lengths) => {
    const gradient = (t: Tensor) => grad(sum(mul(square(fn(t)), square(fn(t)))), t);
    const free = program(gradient, { inputs: [{ shape: [2, 'L'] }] });
    for (const length of lengths) {
      const t = randomArray([2, length], { dtype: 'float32' });
      const [actual, expected] = [await free(t), await evaluate(gradient, t)];
      expect(actual.shape).toEqual(expected.shape);
      for (const [i, v] of expected.data.entries()) expect(actual.data[i]).toBeCloseTo(v as number, 5);
    }
  });
  it.each<[string, (t: Tensor) => Tensor]>([
    ['from the start', (t) => op.slice(t, 1, 0, 8)],
    ['from the end', (t) => op.slice(t, 1, -8)],
    ['backwards', (t) => op.slice(t, 1, 7, undefined, -2)],
  ])('a slice of fixed length of a shorter axis is an error: %s', async (_, fn) => {
    const f = program((t: Tensor) => ({ y: fn(t), g: grad(sum(square(fn(t))), t) }), {
      inputs: [{ shape: [2, 'L'] }],
    });
    await expect(f(randomArray([2, 5], { dtype: 'float32' }))).rejects.toThrow(/^slice: .*reshape/);
    for (const length of [8, 11]) {
      const { g } = await f(randomArray([2, length], { dtype: 'float32' }));
      expect(g.shape).toEqual([2, length]);
    }
  });
});

describe('errors', () => {
  it.each<[string, (t: Tensor) => Tensor, RegExp]>([
    ['reshape', (t) => op.reshape(t, [5, -1]), /reshape: \[2, 3, 7\] does not divide into \[5, -1\]/],
    ['transpose', (t) => op.transpose(t, [0, 0, 1]), /not a permutation/],
    ['concat', (t) => op.concat([t, op.slice(t, 1, 0, 1)], 2), /concat: an input has shape \[2, 1, 7\]/],
    ['axis', (t) => op.slice(t, 3), /slice: axis 3 is out of range/],
    ['reflect', (t) => op.pad(t, [[7, 0]], { mode: 'reflect' }), /reflect padding by 7 does not fit axis 2/],
    ['broadcast', (t) => op.broadcastTo(t, [2, 3, 8]), /do(es)? not broadcast/],
  ])('%s', async (_, fn, message) => {
    await expect(evaluate(fn, x)).rejects.toThrow(message);
  });
});
