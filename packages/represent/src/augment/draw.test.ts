import { Generator } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { drawBox, drawChoices, roundHalfEven } from './draw.js';
import { PIPELINES, type Pipeline } from './pipelines.js';

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const deviation = (values: number[]) => Math.sqrt(mean(values.map((v) => v * v)) - mean(values) ** 2);

describe('boxes on 32 x 32 pixels', () => {
  // Section 4.4: of 60,000 draws by torchvision. A mean of 20,000 has an error of 0.035 at a deviation of 4.9.
  it.each([
    [0.2, 23.4, 4.9, 0.551, 0.206],
    [0.08, 21.7, 6.2, 0.491, 0.241],
  ])('areas from %f', (least, height, heightDeviation, area, areaDeviation) => {
    const random = new Generator(1);
    const crop = { scale: [least, 1], ratio: [3 / 4, 4 / 3] } as const;
    const boxes = Array.from({ length: 20_000 }, () => drawBox(32, 32, crop, random));
    const heights = boxes.map((box) => box.height);
    const areas = boxes.map((box) => (box.height * box.width) / 1024);
    expect(Math.abs(mean(heights) - height)).toBeLessThan(0.15);
    expect(Math.abs(deviation(heights) - heightDeviation)).toBeLessThan(0.15);
    expect(Math.abs(mean(areas) - area)).toBeLessThan(0.005);
    expect(Math.abs(deviation(areas) - areaDeviation)).toBeLessThan(0.005);
    // The 10th and 50th percentiles lie on the edge between two heights (shares of 0.1001 and 0.4992 by integration).
    if (least === 0.2) {
      const sorted = heights.sort((a, b) => a - b);
      expect([0.01, 0.9, 0.99].map((p) => sorted[20_000 * p])).toEqual([14, 30, 32]);
    }
    expect(
      boxes.every((b) => b.top >= 0 && b.top + b.height <= 32 && b.left >= 0 && b.left + b.width <= 32),
    ).toBe(true);
    // The last row and column are reached.
    expect(boxes.some((b) => b.top + b.height === 32 && b.height < 32)).toBe(true);
  });

  it('takes the centre where no draw fits', () => {
    const crop = { scale: [1, 1], ratio: [3 / 4, 4 / 3] } as const;
    expect(drawBox(100, 10, crop, new Generator(0))).toEqual({ top: 0, left: 43, height: 10, width: 13 });
    expect(drawBox(10, 100, crop, new Generator(0))).toEqual({ top: 43, left: 0, height: 13, width: 10 });
  });
});

describe('choices', () => {
  it('come as often as the pipeline says, in its ranges', () => {
    const random = new Generator(2);
    const pipeline: Pipeline = PIPELINES.imagenet100;
    const drawn = Array.from({ length: 4000 }, () => drawChoices(pipeline, 300, 200, random));
    const share = (test: (c: (typeof drawn)[number]) => boolean) => drawn.filter(test).length / drawn.length;
    // Three standard errors of a share of 4000.
    expect(Math.abs(share((c) => c.jitter !== undefined) - 0.8)).toBeLessThan(0.02);
    expect(Math.abs(share((c) => c.gray) - 0.2)).toBeLessThan(0.02);
    expect(Math.abs(share((c) => c.flip) - 0.5)).toBeLessThan(0.025);
    expect(Math.abs(share((c) => c.sigma !== undefined) - 0.5)).toBeLessThan(0.025);
    const jitters = drawn.flatMap((c) => c.jitter ?? []);
    const factors = (i: number) => jitters.map((j) => j.factors[i]!);
    for (const i of [0, 1, 2])
      expect([Math.min(...factors(i)) < 0.25, Math.max(...factors(i)) < 1.8]).toEqual([true, true]);
    expect(Math.abs(mean(factors(3)))).toBeLessThan(0.01);
    expect(Math.max(...factors(3).map(Math.abs)) <= 0.2).toBe(true);
    expect(new Set(jitters.map((j) => j.order.join())).size).toBe(24);
    const sigmas = drawn.flatMap((c) => c.sigma ?? []);
    expect(sigmas.every((s) => s >= 0.1 && s < 2)).toBe(true);
  });
});

it('rounds halves to the even number', () => {
  expect([0.5, 1.5, 2.5, 2.4, 2.6].map(roundHalfEven)).toEqual([0, 2, 2, 2, 3]);
});
