/**
 * @module Videos: a person whose face and pose move smoothly (section 10, "Video").
 */
import {
  FRAME_RANGES,
  type Frame,
  frameOf,
  type HeadParameters,
  type Person,
  type Range,
  SHIFT_RANGES,
  uniform,
} from './parameters.js';
import { mulberry32, type Random, seedOf } from './random.js';

/** Radians per frame. */
const SPEEDS: Range = [0.05, 0.4];

/** Amplitudes of the two waves, as shares of the range: together they never leave it. */
const AMPLITUDES: readonly Range[] = [
  [0.1, 0.25],
  [0.05, 0.15],
];

const MOUTH: Range = [0, 1];

/**
 * The frames of a video as parameters, one after the other. Face and pose move, each number of them as
 * p₀ + A₁·sin(ω₁k + φ₁) + A₂·sin(ω₂k + φ₂) within its range; light and background stay.
 *
 * @param seed - of how it moves, of the light and of the background
 * @param frames - how many
 *
 * @example
 * const pictures = headVideo(personOf(7), 1, 100).map((frame) => renderHead(frame, { size: 64 }).image);
 */
export function headVideo(person: Person, seed: number, frames: number): readonly HeadParameters[] {
  const random = mulberry32(seedOf(seed, VIDEO_STREAM));
  const [x, y] = SHIFT_RANGES.map((range) => curve(random, range)) as [Curve, Curve];
  const mouth = curve(random, MOUTH);
  const moving = Object.entries(FRAME_RANGES).map(([name, range]) => [name, curve(random, range)] as const);
  const { light, background } = frameOf(seed);
  return Array.from({ length: frames }, (_, k) => {
    const now = Object.fromEntries(moving.map(([name, at]) => [name, at(k)])) as Record<
      keyof typeof FRAME_RANGES,
      number
    >;
    return { ...person, ...now, mouth: mouth(k), shift: [x(k), y(k)], light, background } satisfies Frame &
      Person;
  });
}

/** Makes a video's curves independent of the single frame of the same seed. */
const VIDEO_STREAM = 1;

/** A number's value at a frame. */
type Curve = (k: number) => number;

function curve(random: Random, range: Range): Curve {
  const length = range[1] - range[0];
  const waves = AMPLITUDES.map((share) => ({
    amplitude: length * uniform(random, share),
    speed: uniform(random, SPEEDS),
    phase: uniform(random, [0, 2 * Math.PI]),
  }));
  const room = waves.reduce((sum, { amplitude }) => sum + amplitude, 0);
  const middle = uniform(random, [range[0] + room, range[1] - room]);
  return (k) =>
    waves.reduce((sum, { amplitude, speed, phase }) => sum + amplitude * Math.sin(speed * k + phase), middle);
}
