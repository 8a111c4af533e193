import { describe, expect, it } from 'vitest';
import {
  addDims,
  ceilDivDim,
  type Dim,
  evaluateDim,
  exactDivDims,
  floorDivDim,
  mulDims,
  sameDim,
  subDims,
  symbol,
} from './dim.js';

const [L, B] = [symbol('L'), symbol('B')];
const text = (d: Dim | undefined) => String(d);

describe('polynomials in symbols', () => {
  it.each<[Dim | undefined, string]>([
    [addDims(L, L, 3), '2*L + 3'],
    [subDims(addDims(L, B), L), 'B'],
    [subDims(L, L), '0'],
    [mulDims(addDims(L, 1), addDims(L, -1)), 'L*L + -1'],
    [mulDims(B, L), 'B*L'],
    [floorDivDim(mulDims(L, 8), 4), '2*L'],
    [floorDivDim(addDims(mulDims(L, 4), 6), 4), 'L + 1'],
    [floorDivDim(addDims(L, 1), 2), 'floor((L + 1)/2)'],
    [ceilDivDim(mulDims(L, 3), 3), 'L'],
    [exactDivDims(mulDims(B, L, 6), mulDims(L, 2)), '3*B'],
    [exactDivDims(mulDims(addDims(L, -3), 544), addDims(L, -3)), '544'],
    [exactDivDims(mulDims(addDims(L, -3), B), addDims(L, -3)), 'B'],
    [exactDivDims(addDims(L, 1), 2), 'undefined'],
    [exactDivDims(mulDims(B, 3), addDims(L, 1)), 'undefined'],
    [exactDivDims(7, 2), 'undefined'],
  ])('%s is %s', (d, expected) => {
    expect(text(d)).toBe(expected);
  });
  it('equal polynomials are equal whatever the order of making', () => {
    expect(sameDim(addDims(mulDims(L, B), 2, L), addDims(L, 1, mulDims(B, L), 1))).toBe(true);
    expect(sameDim(L, B)).toBe(false);
  });
  it.each([
    [7, 3],
    [8, 4],
    [1, 0],
  ])('have values: L = %i', (l, half) => {
    const symbols = new Map([['L', l]]);
    expect(evaluateDim(floorDivDim(L, 2), symbols)).toBe(half);
    expect(evaluateDim(addDims(mulDims(L, L), 5), symbols)).toBe(l * l + 5);
  });
  it('name the symbol that has none', () => {
    expect(() => evaluateDim(addDims(B, 1), new Map())).toThrow('symbol B has no value');
  });
});
