import { expect, it } from 'vitest';
import { FRAME_RANGES, personOf } from './parameters.js';
import { headVideo } from './video.js';

const video = headVideo(personOf(7), 3, 200);

it('is a function of person and seed, and longer ones begin alike', () => {
  expect(headVideo(personOf(7), 3, 50)).toEqual(video.slice(0, 50));
  expect(headVideo(personOf(7), 4, 1)[0]!.yaw).not.toBe(video[0]!.yaw);
});

it('moves smoothly within the ranges', () => {
  for (const [name, [low, high]] of Object.entries(FRAME_RANGES)) {
    const values = video.map((frame) => frame[name as keyof typeof FRAME_RANGES]);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
    expect(Math.max(...values)).toBeLessThanOrEqual(high);
    const steps = values.slice(1).map((v, i) => Math.abs(v - values[i]!));
    // Two waves of amplitudes up to a quarter and 0.15 of the range, at most 0.4 radians a frame.
    expect(Math.max(...steps)).toBeLessThanOrEqual(0.4 * 0.4 * (high - low));
    expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.15 * (high - low));
  }
  for (const { mouth, shift } of video) {
    expect(mouth >= 0 && mouth <= 1 && Math.abs(shift[0]) <= 0.04 && shift[1] <= -0.03).toBe(true);
  }
});

it('keeps person, light and background', () => {
  for (const { gender, cloth, light, background, person } of video) {
    const { light: first, background: behind } = video[0]!;
    expect({ gender, cloth, person, light, background }).toEqual({
      gender: personOf(7).gender,
      cloth: personOf(7).cloth,
      person: 7,
      light: first,
      background: behind,
    });
  }
});
