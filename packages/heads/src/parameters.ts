/**
 * @module Everything that a picture of a head depends on, as plain data, and how seeds choose it.
 */
import type { Rgb } from './color.js';
import { mulberry32, type Random } from './random.js';

/** What stays of a person from picture to picture. */
export interface Person {
  /** Who it is: the seed. Not drawn, only passed on to the ground truth. */
  readonly person: number;
  /** -1 (female) to 1 (male) */
  readonly gender: number;
  /** 0 (young: no wrinkle) to 1 (old: wrinkles, grey hair) */
  readonly age: number;
  /** 0 to 1; no hair at all from 0.85 on */
  readonly baldness: number;
  /** 0 to 1 */
  readonly beard: number;
  /** 0 or 1; worn from 0.5 on */
  readonly glasses: number;
  /** d₀ … d₇, each -1 to 1: width, height and taper of the head, width and height of the nose, place of the eyes, height and width of the mouth. */
  readonly identity: readonly number[];
  /** 0 (light) to 1 (dark) */
  readonly skin: number;
  /** 0 (dark) to 1 (blond) */
  readonly hair: number;
  /** 0 (brown) to 1 (blue) */
  readonly iris: number;
  readonly cloth: Rgb;
}

/** What changes. */
export interface Frame {
  /** -1 to 1 */
  readonly smile: number;
  /** 0 (closed) to 1 (open) */
  readonly mouth: number;
  /** 0.4 to 1 (wide open) */
  readonly eyes: number;
  /** -1 (low) to 1 (raised) */
  readonly brow: number;
  /** Degrees, positive where the face looks to the right of the picture. */
  readonly yaw: number;
  /** Degrees, positive where it looks down. */
  readonly pitch: number;
  /** Degrees, positive where the top of the head goes to the right. */
  readonly roll: number;
  /** Half the head's height, where half the picture's is 1. */
  readonly scale: number;
  /** Where the head's centre is, right and down, in the same unit. */
  readonly shift: readonly [number, number];
  /** l₀ … l₈, coefficients of spherical harmonics in the order 1, y, z, x, xy, yz, 3z²-1, xz, x²-y² of normals (x right, y down, z to the camera). */
  readonly light: readonly number[];
  /** Of the top and of the bottom. */
  readonly background: readonly [Rgb, Rgb];
}

/** Person and frame together. Any of it may be changed: `{ ...parameters, age: 0.9, glasses: 1 }`. */
export interface HeadParameters extends Person, Frame {}

/** The ranges of a frame's numbers that are drawn uniformly. */
export const FRAME_RANGES = {
  smile: [-1, 1],
  eyes: [0.4, 1],
  brow: [-1, 1],
  yaw: [-45, 45],
  pitch: [-20, 20],
  roll: [-12, 12],
  scale: [0.68, 0.8],
} as const;

/** Those of the centre's place, right and down. */
export const SHIFT_RANGES = [
  [-0.04, 0.04],
  [-0.11, -0.03],
] as const;

const LIGHT_RANGES: readonly (readonly [number, number])[] = [
  [0.8, 0.8],
  [-0.25, 0.1],
  [0.25, 0.55],
  [-0.35, 0.35],
  ...new Array<readonly [number, number]>(5).fill([-0.12, 0.12]),
];

/** Makes a frame's numbers independent of those of the person with the same seed. */
const FRAME_STREAM = 0x9e3779b9;

export type Range = readonly [number, number];

export const uniform = (random: Random, [low, high]: Range): number => low + (high - low) * random();

const color = (random: Random): Rgb => {
  const channel = () => uniform(random, [0.1, 0.9]);
  return [channel(), channel(), channel()];
};

/** The person of a seed. Every number of it is independent of every other. */
export function personOf(seed: number): Person {
  const random = mulberry32(seed);
  const signed = () => uniform(random, [-1, 1]);
  const gender = signed();
  const [age, baldness, bearded, beard] = [random(), random(), random() < 0.5, random()];
  return {
    person: seed,
    gender,
    age,
    baldness,
    beard: bearded ? beard : 0,
    glasses: random() < 0.35 ? 1 : 0,
    identity: Array.from({ length: 8 }, signed),
    skin: random(),
    hair: random(),
    iris: random(),
    cloth: color(random),
  };
}

/** The frame of a seed, independent of the person of the same seed. */
export function frameOf(seed: number): Frame {
  const random = mulberry32(seed ^ FRAME_STREAM);
  const draw = (name: keyof typeof FRAME_RANGES) => uniform(random, FRAME_RANGES[name]);
  return {
    smile: draw('smile'),
    mouth: random() ** 2,
    eyes: draw('eyes'),
    brow: draw('brow'),
    yaw: draw('yaw'),
    pitch: draw('pitch'),
    roll: draw('roll'),
    scale: draw('scale'),
    shift: [uniform(random, SHIFT_RANGES[0]), uniform(random, SHIFT_RANGES[1])],
    light: LIGHT_RANGES.map((range) => uniform(random, range)),
    background: [color(random), color(random)],
  };
}
