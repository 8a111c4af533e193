import { array, program, type Tensor } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { BertAdam } from './bert-adam.js';
import { Parameter } from './module.js';
import { warmupLinear } from './schedule.js';

/** The parameter after each of the given gradients. */
async function trajectory(
  gradients: readonly number[][],
  options: ConstructorParameters<typeof BertAdam>[1],
) {
  const p = new Parameter(array([0.5, -0.3], { dtype: 'float64' }));
  const optimizer = new BertAdam([p], options);
  const step = program((g: Tensor) => {
    optimizer.update([g]);
    return p.toTensor();
  });
  const values: number[][] = [];
  for (const g of gradients)
    values.push([...((await step(array(g, { dtype: 'float64' }))).data as Float64Array)]);
  return values;
}

/** The same by the formulas as they are written. */
function reference(
  gradients: readonly number[][],
  rate: (t: number) => number,
  decay: number,
  limit: number,
) {
  let p = [0.5, -0.3];
  let [m, v] = [
    [0, 0],
    [0, 0],
  ];
  return gradients.map((given, t) => {
    const norm = Math.hypot(...given);
    const g = given.map((x) => (limit > 0 ? x * Math.min(1, limit / (norm + 1e-6)) : x));
    m = m.map((x, i) => 0.9 * x + 0.1 * g[i]!);
    v = v.map((x, i) => 0.999 * x + 0.001 * g[i]! ** 2);
    p = p.map((x, i) => x - rate(t) * (m[i]! / (Math.sqrt(v[i]!) + 1e-6) + decay * x));
    return p;
  });
}

const GRADIENTS = [
  [0.3, -2],
  [0.1, 0.4],
  [-3, 4],
  [0, 0.2],
  [1e-7, -1e-7],
];

describe('BertAdam', () => {
  it.each([
    { limit: 1, decay: 0.01 },
    { limit: 0, decay: 0 },
  ])('follows its formulas: $limit, $decay', async ({ limit, decay }) => {
    const rates = [0, 0.05, 0.1, 0.075, 0.05];
    const found = await trajectory(GRADIENTS, {
      learningRate: warmupLinear(0.1, 6, { warmup: 1 / 3 }),
      maxGradientNorm: limit,
      weightDecay: decay,
    });
    const expected = reference(GRADIENTS, (t) => rates[t]!, decay, limit);
    expect(found[0]).toEqual([0.5, -0.3]);
    for (const [t, values] of expected.entries()) {
      for (const [i, value] of values.entries()) expect(found[t]![i]).toBeCloseTo(value, 6);
    }
  });

  it('keeps its state under the parameters’ names', () => {
    const optimizer = new BertAdam([new Parameter(array([1]))]);
    expect([...optimizer.stateDict().keys()].sort()).toEqual(['squares.0', 'step', 'sums.0']);
  });
});
