import { describe, expect, it } from 'vitest';
import { drawn } from '../test/pictures.js';
import { crop, resize, resizedCrop } from './resize.js';

const grey = (...values: number[]) => ({
  width: values.length,
  height: 1,
  data: Uint8Array.from(values.flatMap((v) => [v, v, v])),
});
const values = ({ data }: { data: Uint8Array }) => [...data].filter((_, i) => i % 3 === 0);

describe('resize', () => {
  // By hand: centres 0.25, 0.75, 1.25, 1.75 of the inputs; the triangle's weights at the edges are normalised.
  it('enlarges by the triangle', () => {
    expect(values(resize(grey(0, 100), 4, 1, 'bilinear'))).toEqual([0, 25, 75, 100]);
  });

  // Widened by 2: weights 1, 3, 3, 1 of 8, those beyond the edge left out.
  it('averages where it shrinks', () => {
    expect(values(resize(grey(0, 0, 80, 80), 2, 1, 'bilinear'))).toEqual([
      Math.round((80 * 1) / 7),
      Math.round((80 * 6) / 7),
    ]);
  });

  it('overshoots by the cubic, and clips', () => {
    const out = values(resize(grey(100, 100, 200, 200), 8, 1, 'bicubic'));
    expect(Math.min(...out)).toBeLessThan(100);
    expect(Math.max(...out)).toBeGreaterThan(200);
    expect(values(resize(grey(0, 0, 255, 255), 8, 1, 'bicubic')).every((v) => v >= 0 && v <= 255)).toBe(true);
  });

  it.each(['bilinear', 'bicubic'] as const)('keeps flat colours and does the axes alike (%s)', (filter) => {
    const flat = { width: 7, height: 5, data: new Uint8Array(7 * 5 * 3).fill(123) };
    expect(new Set(resize(flat, 13, 3, filter).data)).toEqual(new Set([123]));
    const picture = drawn(9, 1);
    const turned = { width: 1, height: 9, data: picture.data };
    expect(resize(turned, 1, 5, filter).data).toEqual(resize(picture, 5, 1, filter).data);
  });

  it('returns a picture of the right size itself', () => {
    const picture = drawn(6, 5);
    expect(resize(picture, 6, 5, 'bicubic')).toBe(picture);
  });

  it('cuts the box out first', () => {
    const picture = drawn(20, 16);
    const box = { top: 3, left: 5, height: 9, width: 11 };
    expect(resizedCrop(picture, box, 8, 8, 'bicubic')).toEqual(resize(crop(picture, box), 8, 8, 'bicubic'));
    expect(crop(picture, { top: 2, left: 3, height: 1, width: 1 }).data).toEqual(
      picture.data.slice((2 * 20 + 3) * 3, (2 * 20 + 4) * 3),
    );
  });

  it.each([
    { top: -1, left: 0, height: 2, width: 2 },
    { top: 0, left: 3, height: 2, width: 2 },
    { top: 0, left: 0, height: 0, width: 2 },
  ])('refuses the box %o', (box) => {
    expect(() => crop(drawn(4, 4), box)).toThrow(RangeError);
  });
});
