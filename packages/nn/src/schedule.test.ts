import { array, program, stack, type Tensor } from '@sextant/engine';
import { expect, it } from 'vitest';
import * as s from './schedule.js';

/** The schedule's first values. */
async function values(schedule: s.Schedule, count: number): Promise<number[]> {
  const all = program((...steps: Tensor[]) => stack(steps.map((t) => schedule(t))));
  const result = await all(...Array.from({ length: count }, (_, i) => array(i)));
  await all.release();
  return [...(result.data as Float32Array)];
}

// The values are PyTorch's, from StepLR, ExponentialLR, CosineAnnealingLR, OneCycleLR, LinearLR and SequentialLR.
it.each<[string, s.Schedule, number[]]>([
  ['constantSchedule', s.constantSchedule(0.1), [0.1, 0.1, 0.1]],
  ['stepDecay', s.stepDecay(0.1, { every: 3, factor: 0.5 }), [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025]],
  [
    'exponentialDecay',
    s.exponentialDecay(0.1, { every: 1, factor: 0.9 }),
    [0.1, 0.09, 0.081, 0.0729, 0.06561],
  ],
  [
    'cosineDecay',
    s.cosineDecay(0.1, 6, 0.02),
    [0.1, 0.0946410162, 0.08, 0.06, 0.04, 0.0253589838, 0.02, 0.02, 0.02],
  ],
  [
    'oneCycle',
    s.oneCycle(0.5, 10),
    [0.02, 0.26, 0.5, 0.475242316, 0.405872827, 0.305631011, 0.194370989, 0.094129173, 0.024759684, 2e-6],
  ],
  ['linearSchedule', s.linearSchedule(0.02, 0.1, 4), [0.02, 0.04, 0.06, 0.08, 0.1, 0.1, 0.1]],
  ['linearWarmup', s.linearWarmup(0.1, 4), [0.025, 0.05, 0.075, 0.1, 0.1]],
  [
    'joinSchedules',
    s.joinSchedules([s.linearSchedule(0.025, 0.1, 3), s.cosineDecay(0.1, 4)], [3]),
    [0.025, 0.05, 0.075, 0.1, 0.0853553391, 0.05, 0.0146446609],
  ],
  // By its formula.
  [
    'warmupLinear',
    s.warmupLinear(0.1, 8, { warmup: 0.25 }),
    [0, 0.05, 0.1, 5 / 60, 4 / 60, 3 / 60, 2 / 60, 1 / 60, 0, 0],
  ],
])('%s', async (_, schedule, expected) => {
  for (const [i, v] of (await values(schedule, expected.length)).entries()) {
    expect(v).toBeCloseTo(expected[i]!, 7);
  }
});
