import { Generator, matmul, NDArray, program, softmax, swapAxes, type Tensor } from '@sextant/engine';
import { checkGradients } from '@sextant/engine/testing';
import { describe, expect, it } from 'vitest';
import { patternAttention } from './attention.js';
import { matrixOf, type PatternConfig, patternOf } from './patterns.js';

const PATTERNS: readonly PatternConfig[] = [
  { pattern: 'full' },
  { pattern: 'logsparse' },
  { pattern: 'logsparse', local: 3 },
  { pattern: 'logsparse', local: 2, restart: 5 },
  { pattern: 'authors', sub_len: 4 },
];

const LENGTH = 13;
const [HEADS, WIDTH] = [2, 3];
const random = new Generator(5);
const draw = (length = LENGTH) => random.normalArray([2, HEADS, WIDTH, length]);

/** Attention by an L × L mask, as it is written in the paper. */
function masked(q: Tensor, k: Tensor, v: Tensor, mask: NDArray): Tensor {
  const weights = softmax(matmul(swapAxes(q, 2, 3), k), -1, { mask });
  return matmul(v, swapAxes(weights, 2, 3));
}

describe.each(PATTERNS)('patternAttention %j', (config) => {
  const pattern = patternOf(config, LENGTH);
  const attend = (q: Tensor, k: Tensor, v: Tensor) => patternAttention(q, k, v, { pattern }).output;

  it('is attention with the pattern as a mask', async () => {
    const inputs = [draw(), draw(), draw()] as const;
    const [ours, dense] = await Promise.all([
      program(attend)(...inputs),
      program((q: Tensor, k: Tensor, v: Tensor) => masked(q, k, v, matrixOf(pattern)))(...inputs),
    ]);
    for (const [i, y] of dense.data.entries()) expect(ours.data[i]).toBeCloseTo(Number(y), 5);
  });

  it('takes shorter windows of any length by one program', async () => {
    const one = program(attend, {
      inputs: [1, 2, 3].map(() => ({ shape: ['B', HEADS, WIDTH, 'L'] })) as never,
    });
    for (const length of [1, 6, LENGTH]) {
      const inputs = [draw(length), draw(length), draw(length)] as const;
      const expected = await program(attend)(...inputs);
      const actual = await one(...inputs);
      expect(actual.shape).toEqual([2, HEADS, WIDTH, length]);
      for (const [i, y] of expected.data.entries()) expect(actual.data[i]).toBeCloseTo(Number(y), 5);
    }
  });

  it('has its gradients', async () => {
    const small = () => {
      const { data } = random.normalArray([1, HEADS, WIDTH, LENGTH]);
      return new NDArray(Float64Array.from(data), [1, HEADS, WIDTH, LENGTH], 'float64');
    };
    await checkGradients(attend, [small(), small(), small()], { second: true });
  });
});

it('holds no L × L tensor where it is sparse', async () => {
  const length = 96;
  const pattern = patternOf({ pattern: 'logsparse' }, length);
  const model = await program(
    (q: Tensor, k: Tensor, v: Tensor) => patternAttention(q, k, v, { pattern }).output,
    { inputs: [1, 2, 3].map(() => ({ shape: [1, 1, 2, length] })) as never },
  ).export();
  // No initializer may be as large, and no matrix product appears.
  expect(model.length).toBeLessThan(4 * length * length);
  expect(Buffer.from(model).includes('MatMul')).toBe(false);
});
