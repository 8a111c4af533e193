/**
 * @module Videos of procedural heads: nobody's, with exact masks and landmarks.
 */
import { type Head, type HeadParameters, HeadSet, type HeadSplit, renderHead, SPLITS } from '@sextant/heads';
import { InputError } from '@sextant/io';
import { poseInBox } from '../crop.js';
import { type Footage, grey, type View, viewOf } from './view.js';

export interface HeadFootageOptions {
  readonly split: HeadSplit;
  /** How many people, each with one video. */
  readonly people: number;
  /** Frames of a video. */
  readonly frames: number;
  /** Of the frames (0). */
  readonly seed?: number;
}

/**
 * Rendered when they are asked for. In a video pose and expression change, light and background stay; heads stand
 * where their landmarks put them, as photographs are cropped.
 */
export class HeadFootage implements Footage {
  readonly #set: HeadSet;

  /** @throws InputError when the split has not so many people. */
  constructor(
    private readonly options: HeadFootageOptions,
    private readonly size: number,
  ) {
    const { split, people, frames, seed = 0 } = options;
    const most = SPLITS[split].people;
    if (people > most)
      throw new InputError(`${people} people; the split ${split} of procedural heads has ${most}`);
    this.#set = new HeadSet({ split, frames, count: people * frames, seed }, { size });
  }

  get length(): number {
    return this.options.people;
  }

  name(video: number): string {
    return `head-${this.parameters(video, 0).person}`;
  }

  async frames(): Promise<number> {
    return this.options.frames;
  }

  /** What a frame shows. */
  parameters(video: number, frame: number): HeadParameters {
    const first = video * this.options.frames;
    const { light, background } = this.#set.parameters(first);
    return framed({ ...this.#set.parameters(first + frame), light, background });
  }

  async view(video: number, frame: number): Promise<View> {
    return viewOfHead(renderHead(this.parameters(video, frame), { size: this.size }));
  }
}

/** The same head in the place that `headBox` would cut out, so that training sees what inference does, and nothing is resampled. */
export function framed(parameters: HeadParameters): HeadParameters {
  const centred = { ...parameters, scale: 1, shift: [0, 0] } as const;
  // Landmarks do not depend on the size.
  const { landmarks } = renderHead(centred, { size: 1, supersampling: 1 });
  const span = (axis: 0 | 1) => {
    const along = landmarks.filter((_, i) => i % 2 === axis).map((v) => 2 * v - 1);
    const [low, high] = [Math.min(...along), Math.max(...along)];
    return { middle: (low + high) / 2, extent: high - low };
  };
  const [x, y] = [span(0), span(1)];
  const half = Math.max(x.extent, y.extent);
  return { ...parameters, scale: 1 / half, shift: [-x.middle / half, 1 / 6 - y.middle / half] };
}

/** A rendered head as the networks read it. */
export function viewOfHead({ image, mask, landmarks }: Head): View {
  return viewOf(
    image,
    poseInBox(landmarks, { left: 0, top: 0, size: image.width }),
    grey(mask, image.width),
    image.width,
  );
}
