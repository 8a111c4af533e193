import { expect, it } from 'vitest';
import { dctBasis, hannWindow, melFilterbank } from './filters.js';
import type { NDArray } from './ndarray.js';

const numbers = (y: NDArray): number[] => Array.from(y.data, Number);

function expectClose(y: readonly number[], expected: readonly number[], digits = 6): void {
  for (const [i, v] of expected.entries()) expect(y[i]).toBeCloseTo(v, digits);
}

it('Hann windows', () => {
  expectClose(numbers(hannWindow(5)), [0, 0.3454915, 0.9045085, 0.9045085, 0.3454915]);
  expect(numbers(hannWindow(5, { periodic: false }))).toEqual([0, 0.5, 1, 0.5, 0]);
  expect(numbers(hannWindow(1, { periodic: false }))).toEqual([0]);
});
it('the filterbank of the MelGAN vocoder', () => {
  const filters = melFilterbank({ sampleRate: 22050, nFft: 1024, nMels: 80 });
  expect(filters.shape).toEqual([80, 513]);
  const band = (i: number) => numbers(filters).slice(i * 513, (i + 1) * 513);
  expectClose(band(0).slice(0, 5), [0, 0.0128, 0.0232, 0.0104, 0], 4);
  expect(band(40).indexOf(Math.max(...band(40)))).toBe(94);
  expect(band(40)[94]).toBeCloseTo(0.0115, 4);
  const last = band(79).flatMap((v, k) => (v > 0 ? [k] : []));
  expect([last[0], last.at(-1)]).toEqual([471, 511]);
  expect(Math.max(...band(79))).toBeCloseTo(0.0022, 4);
  expect(numbers(filters).reduce((a, b) => a + b)).toBeCloseTo(3.7146, 4);
});
it('HTK filters of height 1 add up to 1 between the first and the last peak', () => {
  const filters = melFilterbank({ sampleRate: 8000, nFft: 512, nMels: 10, scale: 'htk', norm: null });
  const total = Array.from({ length: 257 }, (_, k) =>
    numbers(filters).reduce((s, v, i) => s + (i % 257 === k ? v : 0), 0),
  );
  const inside = total.slice(12, 200);
  expectClose(inside, Array(inside.length).fill(1), 5);
});
it('the cosine transform is orthonormal', () => {
  const basis = numbers(dctBasis(4));
  const dot = (i: number, j: number) =>
    [0, 1, 2, 3].reduce((s, k) => s + basis[4 * i + k]! * basis[4 * j + k]!, 0);
  for (let i = 0; i < 4; i++) for (let j = 0; j < 4; j++) expect(dot(i, j)).toBeCloseTo(i === j ? 1 : 0, 6);
  expectClose(numbers(dctBasis(4, 2)), [0.5, 0.5, 0.5, 0.5, 0.6532815, 0.2705981, -0.2705981, -0.6532815]);
});
