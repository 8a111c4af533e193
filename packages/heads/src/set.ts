/**
 * @module Sets of heads by number, which are made when they are asked for.
 */
import { NDArray } from '@sextant/engine';
import type { Image } from '@sextant/image';
import { InputError } from '@sextant/io';
import { ATTRIBUTES, attributesOf } from './attributes.js';
import { frameOf, type HeadParameters, personOf } from './parameters.js';
import { seedOf } from './random.js';
import { type Head, type RenderOptions, renderHead } from './render.js';
import { clamp } from './smooth.js';

/** The seeds of each split's people: no person is in two. */
export const SPLITS = {
  train: { first: 0, people: 10_000 },
  val: { first: 10_000, people: 500 },
  test: { first: 20_000, people: 500 },
} as const;

export type HeadSplit = keyof typeof SPLITS;

export interface HeadSetOptions {
  readonly split?: HeadSplit;
  /** Pictures (`frames` of each person of the split). */
  readonly count?: number;
  /** Pictures of one person, one after the other (1). When every person had so many, further ones of the first follow. */
  readonly frames?: number;
  /** Another seed shows the same people in other frames (0). */
  readonly seed?: number;
  /** Age grows with baldness, for tests whether edits of one change the other (false): clamp(age + 0.3 · baldness). */
  readonly correlated?: boolean;
}

/**
 * A set of heads, like `ImageSet` in what it offers: pictures by number, each labelled with its person.
 *
 * @example
 * const set = new HeadSet({ split: 'val', frames: 4 }, { size: 64 });
 * const { image, landmarks } = set.head(0);
 */
export class HeadSet {
  readonly length: number;
  /** Each picture's person. */
  readonly labels: Int32Array<ArrayBuffer>;
  private readonly frames: number;
  private readonly seed: number;
  private readonly correlated: boolean;
  private readonly split: HeadSplit;

  /** @throws InputError for a split that there is not, or numbers that are none of a set. */
  constructor(
    options: HeadSetOptions,
    readonly rendering: RenderOptions,
  ) {
    const { split = 'train', frames = 1, seed = 0, correlated = false } = options;
    if (!Object.hasOwn(SPLITS, split))
      throw new InputError(`there is no split "${split}"; choose one of ${Object.keys(SPLITS).join(', ')}`);
    const { count = SPLITS[split].people * frames } = options;
    const { size, supersampling = 2 } = rendering;
    for (const [name, value] of Object.entries({ count, frames, size, supersampling })) {
      if (!Number.isInteger(value) || value < 1)
        throw new InputError(`${name} ${value} is not a whole number from 1 up; give another`);
    }
    if (!Number.isInteger(seed)) throw new InputError(`seed ${seed} is not a whole number; give another`);
    this.length = count;
    this.frames = frames;
    this.seed = seed;
    this.correlated = correlated;
    this.split = split;
    this.labels = Int32Array.from({ length: count }, (_, i) => this.place(i).person);
  }

  /** What messages and files call a picture: its number, with zeros before it. */
  name(index: number): string {
    return String(index).padStart(Math.max(6, String(this.length - 1).length), '0');
  }

  /** Everything that picture `index` depends on. @throws RangeError when the set has no such picture. */
  parameters(index: number): HeadParameters {
    if (!Number.isInteger(index) || index < 0 || index >= this.length)
      throw new RangeError(`picture ${index} of a set of ${this.length}`);
    const { person, frame } = this.place(index);
    const drawn = personOf(person);
    const age = this.correlated ? clamp(drawn.age + 0.3 * drawn.baldness) : drawn.age;
    return { ...drawn, age, ...frameOf(seedOf(this.seed, person, frame)) };
  }

  /** A picture with its ground truth. */
  head(index: number): Head {
    return renderHead(this.parameters(index), this.rendering);
  }

  /** A picture alone. */
  async load(index: number): Promise<Image> {
    return this.head(index).image;
  }

  /** The attributes of all pictures [n, 8]; nothing is rendered. */
  attributes(): NDArray<'float32'> {
    return this.table(ATTRIBUTES.length, attributesOf);
  }

  /** The light of all pictures [n, 9]. */
  lights(): NDArray<'float32'> {
    return this.table(9, ({ light }) => light);
  }

  private table(width: number, row: (parameters: HeadParameters) => ArrayLike<number>): NDArray<'float32'> {
    const data = new Float32Array(this.length * width);
    for (let i = 0; i < this.length; i++) data.set(row(this.parameters(i)), i * width);
    return new NDArray(data, [this.length, width], 'float32');
  }

  /** A picture's person and which frame of theirs it is. */
  private place(index: number): { readonly person: number; readonly frame: number } {
    const { first, people } = SPLITS[this.split];
    const turn = Math.floor(index / this.frames);
    const round = Math.floor(turn / people);
    return { person: first + (turn % people), frame: round * this.frames + (index % this.frames) };
  }
}
