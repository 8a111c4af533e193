import { array, Generator } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { evaluateLinearProbe, predictedClasses, topAccuracy, trainLinearProbe } from './linear.js';
import { fitLogistic } from './logistic.js';

/** Three separable clouds in the plane. */
function clouds(rows: number, seed: number) {
  const random = new Generator(seed);
  const labels = Int32Array.from({ length: rows }, (_, i) => i % 3);
  const features = random.normalArray([rows, 2], 0, 0.3);
  for (let i = 0; i < rows; i++) {
    features.data[2 * i]! += [0, 3, 0][labels[i]!]!;
    features.data[2 * i + 1]! += [0, 0, 3][labels[i]!]!;
  }
  return { features, labels };
}

describe('linear probe', () => {
  it('learns what can be separated, from batches that do not divide the vectors', async () => {
    const losses: number[] = [];
    const options = { epochs: 100, batch: 16, learningRate: [0.1, 0.01] as const };
    const onEpoch = (_: number, loss: number) => void losses.push(loss);
    const { top1, top5 } = await evaluateLinearProbe(clouds(50, 1), clouds(60, 2), { ...options, onEpoch });
    expect(top1).toBe(1);
    expect(top5).toBe(1);
    expect(losses.length).toBe(100);
    expect(losses.at(-1)!).toBeLessThan(0.1 * losses[0]!);
  });

  it('uses the vectors of the last, smaller batch', async () => {
    const train = clouds(5, 1);
    const order = () => Int32Array.of(0, 1, 2, 3, 4);
    const run = (rows: number) =>
      trainLinearProbe(train, { epochs: 1, batch: 2, order: () => order().slice(0, rows) });
    const [all, four] = [await run(5), await run(4)];
    expect([...(all.weight.data as Float32Array)]).not.toEqual([...(four.weight.data as Float32Array)]);
  });

  it('is the same for the same seed', async () => {
    const run = async (seed: number) =>
      (await trainLinearProbe(clouds(20, 1), { epochs: 2, seed })).weight.data;
    expect(await run(7)).toEqual(await run(7));
    expect(await run(7)).not.toEqual(await run(8));
  });

  it.each([
    [{ epochs: 0 }, /epochs is 0/],
    [{ batch: 1.5 }, /batch is 1.5/],
    [{ classes: 2 }, /label 2 is not one of 2 classes/],
  ])('refuses %j', async (options, message) => {
    await expect(trainLinearProbe(clouds(9, 1), options)).rejects.toThrow(message);
  });

  it('counts a class among the k largest, the smaller id first of equal ones', () => {
    const logits = array([
      [3, 1, 2],
      [1, 1, 0],
      [Number.NaN, 0, 1],
    ]);
    expect([...predictedClasses(logits).slice(0, 2)]).toEqual([0, 0]);
    expect(topAccuracy(logits, Int32Array.of(0, 0, 0), 1)).toBeCloseTo(2 / 3, 12);
    expect(topAccuracy(logits, Int32Array.of(2, 1, 0), 1)).toBe(0);
    expect(topAccuracy(logits, Int32Array.of(2, 1, 0), 2)).toBeCloseTo(2 / 3, 12);
  });
});

describe('logistic regression', () => {
  it('ends where the gradient vanishes, wherever the vectors are', async () => {
    const { features, labels } = clouds(60, 1);
    for (let i = 0; i < features.size; i++) features.data[i]! += 100;
    const c = 2;
    const { weight, bias } = await fitLogistic({ features, labels }, { c });
    const [w, b] = [weight.data as Float64Array, bias.data as Float64Array];
    const gradient = w.map((v) => v / c);
    const ofBias = new Float64Array(3);
    for (let i = 0; i < 60; i++) {
      const [x, y] = [features.data[2 * i]!, features.data[2 * i + 1]!];
      const terms = [0, 1, 2].map((k) => Math.exp(w[2 * k]! * x + w[2 * k + 1]! * y + b[k]!));
      const total = terms.reduce((s, v) => s + v, 0);
      for (let k = 0; k < 3; k++) {
        const error = terms[k]! / total - (labels[i] === k ? 1 : 0);
        gradient[2 * k]! += error * x;
        gradient[2 * k + 1]! += error * y;
        ofBias[k]! += error;
      }
    }
    for (const g of [...gradient, ...ofBias]) expect(Math.abs(g)).toBeLessThan(1e-4);
    expect(Math.abs(b[0]! + b[1]! + b[2]!)).toBeLessThan(1e-6);
  });
});
