import { add, array, program } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { ExponentialMovingAverage } from './ema.js';
import { Parameter } from './module.js';

describe('ExponentialMovingAverage', () => {
  it('averages the values that each step leaves', async () => {
    const p = new Parameter(array([0, 1]));
    const average = new ExponentialMovingAverage([p], 0.75);
    const step = program(() => {
      p.assign(add(p, 4));
      average.update();
      return {};
    });
    await step();
    await step();
    // From 0: 0.25·4 = 1, then 0.75·1 + 0.25·8 = 2.75.
    expect([...average.averages[0]!.value.data]).toEqual([2.75, 3.75]);
    expect([...average.stateDict().keys()]).toEqual(['step', 'averages.0']);
  });

  it('takes its decay from a schedule', async () => {
    const p = new Parameter(array(8));
    const average = new ExponentialMovingAverage([p], (step) => add(step, 0.5));
    p.value = array(16);
    const step = program(() => {
      average.update();
      return {};
    });
    await step();
    expect(average.averages[0]!.value.item()).toBe(12);
    // A decay of 1.5 at step 1 leads away again.
    await step();
    expect(average.averages[0]!.value.item()).toBe(10);
  });

  it('exchanges values, and programs go on from the exchanged ones', async () => {
    const p = new Parameter(array(1));
    const average = new ExponentialMovingAverage([p], 0.5);
    const step = program(() => {
      p.assign(add(p, 1));
      average.update();
      return {};
    });
    await step();
    expect([p.value.item(), average.averages[0]!.value.item()]).toEqual([2, 1.5]);
    average.swap();
    expect([p.value.item(), average.averages[0]!.value.item()]).toEqual([1.5, 2]);
    await step();
    expect([p.value.item(), average.averages[0]!.value.item()]).toEqual([2.5, 2.25]);
  });

  it('copies averages into other variables', async () => {
    const average = new ExponentialMovingAverage([new Parameter(array([1, 2]))], 0.5);
    const other = new Parameter(array([0, 0]));
    average.copyTo([other]);
    (other.value.data as Float32Array)[0] = 9;
    expect([...average.averages[0]!.value.data]).toEqual([1, 2]);
    expect(() => average.copyTo([])).toThrow(/copyTo: 0 variables for 1 averages/);
  });
});
