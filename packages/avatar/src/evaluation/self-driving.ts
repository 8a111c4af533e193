/**
 * @module How well people are shown in poses of whom a true picture is known: self-driving (section 6).
 */
import {
  abs,
  clamp,
  div,
  maximum,
  minimum,
  mul,
  type NDArray,
  program,
  repeat,
  slice,
  sub,
  sum,
  type Tensor,
} from '@sextant/engine';
import type { Pair } from '../data/pairs.js';
import type { View } from '../data/view.js';
import { compose } from '../inference-generator.js';
import { applyMask } from '../masks.js';
import type { AvatarNetworks } from '../networks.js';
import { flattened } from '../warp.js';
import { ssim } from './ssim.js';

/** Frames [B, t, ...] of people in the poses of a pair's targets, as in inference. */
export interface Driven<T = Tensor> {
  /** [B, t, 3, S, S], of -1 to 1 */
  readonly images: T;
  readonly masks: T;
  /** The coarse colours alone. */
  readonly lowFrequency: T;
  /** [B, 1, 3, S, S] */
  readonly texture: T;
}

export const driven = (networks: AvatarNetworks, { source, target }: Pair<Tensor>): Driven =>
  networks.eval(() => {
    const people = networks.embed(source);
    const texture = networks.enhance(people, source, source.poses);
    const frames = networks.frames(people, target.poses);
    const images = clamp(compose(frames, texture).images, -1, 1);
    return { images, masks: frames.masks, lowFrequency: frames.lowFrequency, texture };
  });

/** Of each frame [N]. */
export interface Likeness<T = Tensor> {
  /** Structural similarity of both pictures, each on black by its own mask; 1 is best. */
  readonly ssim: T;
  /** Mean absolute difference where the person truly is, of levels from -1 to 1; 0 is best. */
  readonly l1: T;
  /** Of the masks: what both hold by what either holds; 1 is best. */
  readonly iou: T;
}

/** How alike frames [B, t, ...] and what they should be are. */
export function likeness(made: Pick<View<Tensor>, 'images' | 'masks'>, truth: View<Tensor>): Likeness {
  const [fake, fakeMask] = [flattened(made.images), flattened(made.masks)];
  const [real, realMask] = [flattened(truth.images), flattened(truth.masks)];
  const whole = { axes: [1, 2, 3] };
  const held = (x: Tensor) => sum(x, whole);
  return {
    ssim: ssim(applyMask(fake, fakeMask), applyMask(real, realMask)),
    l1: div(held(mul(abs(sub(fake, real)), realMask)), mul(held(realMask), 3)),
    iou: div(held(minimum(fakeMask, realMask)), held(maximum(fakeMask, realMask))),
  };
}

/** Means over frames. */
export type Measures = Readonly<Record<keyof Likeness, number>>;

class Means {
  #count = 0;
  readonly #sums = { ssim: 0, l1: 0, iou: 0 };

  add(found: Likeness<NDArray>): void {
    this.#count += found.l1.size;
    for (const name of MEASURES) for (const v of found[name].data) this.#sums[name] += Number(v);
  }

  get value(): Measures {
    const { ssim, l1, iou } = this.#sums;
    return { ssim: ssim / this.#count, l1: l1 / this.#count, iou: iou / this.#count };
  }
}

const MEASURES = ['ssim', 'l1', 'iou'] as const;

/** Measures of batches of pairs: those of the networks, and those of the source shown unchanged. */
export class SelfDriving {
  readonly #measure;

  constructor(networks: AvatarNetworks) {
    this.#measure = program(
      (pair: Pair<Tensor>) => {
        const { source, target } = pair;
        const frames = target.images.shape[1] as number;
        const repeated = (x: Tensor) => repeat(slice(x, 1, 0, 1), frames, 1);
        const still = { images: repeated(source.images), masks: repeated(source.masks) };
        return {
          made: likeness(driven(networks, pair), target),
          still: likeness(still, target),
        };
      },
      { name: 'selfDriving' },
    );
  }

  async of(batches: AsyncIterable<Pair>): Promise<{ readonly made: Measures; readonly still: Measures }> {
    const all = { made: new Means(), still: new Means() };
    for await (const batch of batches) {
      const { made, still } = await this.#measure(batch as never);
      all.made.add(made);
      all.still.add(still);
    }
    return { made: all.made.value, still: all.still.value };
  }

  release(): Promise<void> {
    return this.#measure.release();
  }
}
