import { add, array, program, type Tensor } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { ExponentialMovingAverage } from './ema.js';
import { Linear } from './linear.js';
import { Parameter } from './module.js';

const parameters = (...values: number[][]) => values.map((v) => new Parameter(array(v)));

describe('ExponentialMovingAverage', () => {
  it('averages, in its targets, the values that each step leaves in its sources', async () => {
    const [p, q] = parameters([0, 1], [0, 1]) as [Parameter, Parameter];
    const average = new ExponentialMovingAverage([p], [q], 0.75);
    const step = program(() => {
      p.assign(add(p, 4));
      average.update();
      return {};
    });
    await step();
    await step();
    // From 0: 0.25·4 = 1, then 0.75·1 + 0.25·8 = 2.75.
    expect([...q.value.data]).toEqual([2.75, 3.75]);
    expect([...average.stateDict().keys()]).toEqual(['step']);
  });

  it('makes a model of averages, which the same program applies', async () => {
    const [online, target] = [new Linear(1, 1), new Linear(1, 1)];
    for (const [i, p] of online.parameters().entries()) p.value = array([[[4]], [8]][i]!);
    for (const p of target.parameters()) p.value = array(p.shape.length === 2 ? [[0]] : [0]);
    const average = new ExponentialMovingAverage(online.parameters(), target.parameters(), 0.5);
    const step = program((x: Tensor) => {
      average.update();
      return target.forward(x);
    });
    expect((await step(array([[10]]))).item()).toBe(2 * 10 + 4);
  });

  it('takes its decay from a schedule, or with each update', async () => {
    const [p, q] = parameters([16], [8]) as [Parameter, Parameter];
    const average = new ExponentialMovingAverage([p], [q], (step) => add(step, 0.5));
    const step = program(() => {
      average.update();
      return {};
    });
    await step();
    expect(q.value.item()).toBe(12);
    // A decay of 1.5 at step 1 leads away again.
    await step();
    expect(q.value.item()).toBe(10);
    const given = program((decay: Tensor) => {
      average.update(decay);
      return {};
    });
    await given(0.75);
    expect(q.value.item()).toBe(11.5);
    await given(0);
    expect(q.value.item()).toBe(16);
    expect(average.step.value.item()).toBe(4);
  });

  it('refuses targets that do not match', () => {
    expect(() => new ExponentialMovingAverage(parameters([1]), [], 0.5)).toThrow(/1 sources for 0 targets/);
    expect(() => new ExponentialMovingAverage(parameters([1]), parameters([1, 2]), 0.5)).toThrow(
      /source 0 is float32 \[1\], its target float32 \[2\]/,
    );
  });
});
