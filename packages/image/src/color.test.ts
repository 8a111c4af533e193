import { describe, expect, it } from 'vitest';
import { drawn, noise } from '../test/pictures.js';
import { gaussianBlur } from './blur.js';
import { brightness, contrast, grayscale, hue, saturation } from './color.js';
import { flip } from './flip.js';
import type { Image } from './image.js';
import { toPlanes } from './pixels.js';

const pixel = (...data: number[]): Image => ({
  width: data.length / 3,
  height: 1,
  data: Uint8Array.from(data),
});

describe('colours', () => {
  it.each([brightness, contrast, saturation])('%o by 1 changes nothing', (change) => {
    expect(change(noise(8, 8), 1)).toEqual(noise(8, 8));
  });

  // L(200, 100, 50) = (19595·200 + 38470·100 + 7471·50 + 32768) >> 16 = 124.
  it('by hand', () => {
    const p = pixel(200, 100, 50);
    expect([...brightness(p, 1.5).data]).toEqual([255, 150, 75]);
    expect([...grayscale(p).data]).toEqual([124, 124, 124]);
    expect([...saturation(p, 0.5).data]).toEqual([162, 112, 87]);
    expect([...contrast(pixel(0, 0, 0, 200, 200, 200), 0.5).data]).toEqual([50, 50, 50, 150, 150, 150]);
  });

  it('turns hues by a third: red to green to blue', () => {
    expect([...hue(pixel(255, 0, 0), 1 / 3).data]).toEqual([0, 255, 0]);
    expect([...hue(pixel(90, 90, 90), 0.3).data]).toEqual([90, 90, 90]);
  });

  it('gives the same in place', () => {
    for (const change of [
      brightness,
      contrast,
      saturation,
      (p: Image, f: number, out?: Image) => hue(p, f - 0.6, out),
    ]) {
      const picture = noise(9, 5);
      const expected = change(picture, 0.7);
      expect(change(picture, 0.7, picture)).toBe(picture);
      expect(picture).toEqual(expected);
    }
  });
});

describe('flip', () => {
  it('exchanges left and right', () => {
    expect([...flip(pixel(1, 2, 3, 4, 5, 6, 7, 8, 9)).data]).toEqual([7, 8, 9, 4, 5, 6, 1, 2, 3]);
    expect(flip(flip(drawn(7, 5)))).toEqual(drawn(7, 5));
  });
});

describe('gaussianBlur', () => {
  it('has the deviation it was asked for', () => {
    const point: Image = { width: 41, height: 1, data: new Uint8Array(41 * 3) };
    point.data.fill(255, 60, 63);
    const line = [...gaussianBlur(point, 2).data].filter((_, i) => i % 3 === 0);
    const total = line.reduce((a, b) => a + b, 0);
    const variance = line.reduce((sum, v, i) => sum + v * (i - 20) ** 2, 0) / total;
    expect(Math.abs(Math.sqrt(variance) - 2)).toBeLessThan(0.1);
    expect(Math.abs(total - 255)).toBeLessThan(10);
  });

  it('keeps flat colours to the edge, does the axes alike, and nothing by 0', () => {
    const flat: Image = { width: 5, height: 4, data: new Uint8Array(60).fill(77) };
    expect(gaussianBlur(flat, 3)).toEqual(flat);
    const row = noise(12, 1);
    expect(gaussianBlur({ width: 1, height: 12, data: row.data }, 1.3).data).toEqual(
      gaussianBlur(row, 1.3).data,
    );
    expect(gaussianBlur(row, 0)).toBe(row);
    expect(() => gaussianBlur(row, Number.NaN)).toThrow(RangeError);
  });
});

describe('toPlanes', () => {
  it('puts channels one after the other', () => {
    const normalization = { mean: [0, 0.5, 1], std: [1, 0.5, 2] } as const;
    const planes = toPlanes(pixel(255, 255, 255, 0, 0, 0), normalization);
    expect([...planes]).toEqual([1, 0, 1, -1, 0, -0.5]);
  });
});
