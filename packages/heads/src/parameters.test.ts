import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, attributesOf, withAttributes } from './attributes.js';
import { frameOf, personOf } from './parameters.js';
import { mulberry32, seedOf } from './random.js';

const people = Array.from({ length: 5000 }, (_, seed) => ({ ...personOf(seed), ...frameOf(seed) }));
const numbers = (of: (p: (typeof people)[number]) => number) => people.map(of);

describe('mulberry32', () => {
  it('gives the numbers that it is known for', () => {
    const random = mulberry32(301);
    // The first two of the reference rendering of seed 301: 2u - 1 and u.
    expect(2 * random() - 1).toBeCloseTo(-0.012414, 6);
    expect(random()).toBeCloseTo(0.267089, 6);
    expect(mulberry32(0)()).toBe(0.26642920868471265);
  });

  it('makes seeds of which every part counts', () => {
    const seeds = [seedOf(0, 1, 2), seedOf(0, 2, 1), seedOf(1, 1, 2), seedOf(0, 1), seedOf(0, 1, 3)];
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(seedOf(0, 1, 2)).toBe(seeds[0]);
  });
});

describe('personOf and frameOf', () => {
  it('are functions of their seed', () => {
    expect(personOf(7)).toEqual(personOf(7));
    expect(personOf(7)).not.toEqual({ ...personOf(8), person: 7 });
    expect(frameOf(7)).toEqual(frameOf(7));
  });

  it('fill their ranges', () => {
    const extremes = (of: (p: (typeof people)[number]) => number) => {
      const all = numbers(of);
      return [Math.min(...all), Math.max(...all)] as const;
    };
    for (const { field, range } of ATTRIBUTES) {
      const [low, high] = extremes((p) => p[field]);
      const slack = (range[1] - range[0]) / 200;
      expect([low, high]).toEqual([
        expect.closeTo(range[0], -Math.log10(2 * slack)),
        expect.closeTo(range[1], -Math.log10(2 * slack)),
      ]);
      expect(low >= range[0] && high <= range[1]).toBe(true);
    }
    const [darkest, brightest] = extremes((p) => p.light[2]!);
    expect([darkest >= 0.25, darkest < 0.26, brightest > 0.54, brightest <= 0.55]).toEqual(
      new Array(4).fill(true),
    );
    expect(new Set(numbers((p) => p.light[0]!))).toEqual(new Set([0.8]));
  });

  it('give glasses to a third, and a beard to half of all', () => {
    const share = (of: (p: (typeof people)[number]) => boolean) => people.filter(of).length / people.length;
    expect(Math.abs(share((p) => p.glasses === 1) - 0.35)).toBeLessThan(0.02);
    expect(Math.abs(share((p) => p.beard > 0) - 0.5)).toBeLessThan(0.02);
  });
});

describe('attributes', () => {
  it('stand in the order of the editing system', () => {
    expect(ATTRIBUTES.map(({ name }) => name)).toEqual([
      'Gender',
      'Glasses',
      'Yaw',
      'Pitch',
      'Baldness',
      'Beard',
      'Age',
      'Smile',
    ]);
    const { gender, yaw, smile } = people[4]!;
    const vector = attributesOf(people[4]!);
    expect([vector[0], vector[2], vector[7]]).toEqual([gender, yaw, smile].map(Math.fround));
  });

  it('can be set', () => {
    const wanted = Float32Array.of(1, 1, -30, 10, 0.5, 0.25, 0.75, -0.5);
    const changed = withAttributes(people[4]!, wanted);
    expect(attributesOf(changed)).toEqual(wanted);
    expect({ ...changed, ...people[4]! }).toEqual(people[4]!);
    expect(() => withAttributes(people[4]!, [1])).toThrow(RangeError);
  });
});
