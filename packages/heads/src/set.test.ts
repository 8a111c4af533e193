import { InputError } from '@sextant/io/web';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES } from './attributes.js';
import type { RenderOptions } from './render.js';
import { HeadRenderer } from './renderer.js';
import { HeadSet, SPLITS } from './set.js';

const size = 12;

/** Pearson's correlation of any two columns of the attributes. */
function correlations(set: HeadSet): (first: string, second: string) => number {
  const { data } = set.attributes();
  const columns = new Map(
    ATTRIBUTES.map(({ name }, k) => {
      const values = Array.from({ length: set.length }, (_, i) => data[i * ATTRIBUTES.length + k]!);
      const mean = values.reduce((sum, v) => sum + v, 0) / set.length;
      return [name, values.map((v) => v - mean)];
    }),
  );
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
  return (first, second) => {
    const [a, b] = [columns.get(first)!, columns.get(second)!];
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };
}

describe('HeadSet', () => {
  it('shows other people in every split', () => {
    const sets = (['train', 'val', 'test'] as const).map((split) => new HeadSet({ split }, { size }));
    expect(sets.map(({ length }) => length)).toEqual([10_000, 500, 500]);
    const people = sets.flatMap(({ labels }) => [...labels]);
    expect(new Set(people).size).toBe(people.length);
    expect(sets.map(({ labels }) => labels[0])).toEqual(Object.values(SPLITS).map(({ first }) => first));
  });

  it('shows a person in as many frames as asked for, and further ones in the next round', () => {
    const set = new HeadSet({ split: 'val', frames: 3, count: 1502 }, { size });
    expect([...set.labels.subarray(0, 4)]).toEqual([10_000, 10_000, 10_000, 10_001]);
    expect(set.labels[1500]).toBe(10_000);
    const frames = [0, 1, 2, 1500, 1501].map((i) => set.parameters(i));
    expect(new Set(frames.map(({ gender }) => gender)).size).toBe(1);
    expect(new Set(frames.map(({ yaw }) => yaw)).size).toBe(5);
  });

  it('is a function of its options', async () => {
    const [set, same] = [new HeadSet({ seed: 4 }, { size }), new HeadSet({ seed: 4, count: 9 }, { size })];
    expect(same.head(8)).toEqual(set.head(8));
    expect(await same.load(8)).toEqual(set.head(8).image);
    const other = new HeadSet({ seed: 5 }, { size });
    expect(other.parameters(8).gender).toBe(set.parameters(8).gender);
    expect(other.parameters(8).yaw).not.toBe(set.parameters(8).yaw);
    expect([...same.attributes().data.subarray(64)]).toEqual([...same.head(8).attributes]);
    expect([...same.lights().data.subarray(72)]).toEqual([...same.head(8).light]);
    expect([same.name(8), new HeadSet({ count: 1_000_001 }, { size }).name(8)]).toEqual([
      '000008',
      '0000008',
    ]);
  });

  it('chooses all attributes independently, and age with baldness in the correlated split', () => {
    const independent = correlations(new HeadSet({}, { size }));
    for (const { name } of ATTRIBUTES) {
      for (const { name: other } of ATTRIBUTES) {
        if (name < other) expect(Math.abs(independent(name, other))).toBeLessThan(0.03);
      }
    }
    const correlated = new HeadSet({ correlated: true }, { size });
    const leaking = correlations(correlated);
    // Of clamp(A + 0.3 B) with B, where A and B are uniform: 0.263, by two million draws.
    expect(Math.abs(leaking('Age', 'Baldness') - 0.263)).toBeLessThan(0.02);
    expect(Math.abs(leaking('Age', 'Beard'))).toBeLessThan(0.03);
    expect(Math.max(...correlated.attributes().data.filter((_, i) => i % 8 === 6))).toBe(1);
  });

  it('refuses what makes no set', () => {
    const made =
      (options: object, rendering: RenderOptions = { size }) =>
      () =>
        new HeadSet(options, rendering);
    expect(made({ split: 'validation' })).toThrow(
      new InputError('there is no split "validation"; choose one of train, val, test'),
    );
    expect(made({ count: 0 })).toThrow('count 0 is not a whole number from 1 up');
    expect(made({}, { size: 1.5 })).toThrow('size 1.5');
    expect(made({}, { size, supersampling: 0 })).toThrow('supersampling 0');
    expect(made({ seed: Number.NaN })).toThrow('seed NaN');
    expect(() => new HeadSet({ count: 3 }, { size }).parameters(3)).toThrow(RangeError);
  });
});

describe('HeadRenderer', () => {
  it('gives in threads what renderHead gives, in order', async () => {
    const set = new HeadSet({ count: 19 }, { size });
    const renderer = new HeadRenderer(set.rendering, 2);
    const heads = [];
    const parameters = Array.from({ length: 19 }, (_, i) => set.parameters(i));
    for await (const head of renderer.render(parameters)) heads.push(head);
    await renderer.close();
    expect(heads).toEqual(parameters.map((_, i) => set.head(i)));
  });

  it('passes on what is wrong', async () => {
    const renderer = new HeadRenderer({ size: -1 }, 1);
    const first = renderer.render([new HeadSet({ count: 1 }, { size }).parameters(0)]).next();
    await expect(first).rejects.toThrow('size -1 is not a whole number');
    await renderer.close();
  });
});
