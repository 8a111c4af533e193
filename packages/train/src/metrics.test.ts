import { array } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { Averages, numbersOf } from './metrics.js';

describe('numbersOf', () => {
  it('takes numbers and arrays of one element', () => {
    expect(numbersOf({ a: 2, b: array(0.5), c: array([3]) })).toEqual({ a: 2, b: 0.5, c: 3 });
  });

  it.each([
    [{ loss: array([1, 2]) }, 'metric loss has shape [2], expected a number or an array of one element'],
    [{ loss: 'low' as never }, 'metric loss is string, expected a number or an array of one element'],
    [{ step: 1 }, "a metric cannot be named step: the log's lines have that"],
  ])('refuses %o', (metrics, message) => {
    expect(() => numbersOf(metrics)).toThrow(new RangeError(message));
  });
});

describe('Averages', () => {
  it('are weighted means of the steps that reported a metric, and begin anew', () => {
    const averages = new Averages();
    averages.add({ loss: 1, rare: 10 });
    averages.add({ loss: 4 }, 2);
    expect(averages.take()).toEqual({ loss: 3, rare: 10 });
    expect(averages.take()).toEqual({});
  });

  it('continue bit for bit from their JSON', () => {
    const unbroken = new Averages();
    let resumed = new Averages();
    for (let i = 1; i <= 50; i++) {
      unbroken.add({ '2': Math.sin(i), loss: 1 / i });
      resumed.add({ '2': Math.sin(i), loss: 1 / i });
      resumed = new Averages(JSON.parse(JSON.stringify(resumed)));
    }
    expect(JSON.stringify(resumed.take())).toBe(JSON.stringify(unbroken.take()));
  });
});
