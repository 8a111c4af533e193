/**
 * @module What a training step learns from: some frames of a person as the source, others as what should come out.
 */
import type { NDArray } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { collate, type Dataset } from '@sextant/train';
import type { Footage, View } from './view.js';

/** Frames of one video: [n, …] of the source, [t, …] of the target; in batches of videos [B, n, …]. */
export interface Pair<T = NDArray<'float32'>> {
  readonly source: View<T>;
  readonly target: View<T>;
}

export interface PairsOptions {
  /** Frames of a source (1). */
  readonly sources?: number;
  /** Frames of a target (1). */
  readonly targets?: number;
  /** Whether the first frame is drawn anew each time (true) or always the video's first. */
  readonly drawn?: boolean;
}

/**
 * `count` frames of a video of `length`, spread over it whatever its length: each is √5 of it after the one before, going round.
 *
 * @param start - where the first one is, in [0, 1).
 */
export const spread = (length: number, count: number, start: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.round(((start + i * Math.sqrt(5)) % 1) * (length - 1)));

/** A pair of each video; the source's frames come first. */
export const pairs = (
  footage: Footage,
  { sources = 1, targets = 1, drawn = true }: PairsOptions = {},
): Dataset<Pair> => ({
  length: footage.length,
  async get(video, random) {
    const length = await footage.frames(video);
    const frames = spread(length, sources + targets, drawn ? random.uniform() : 0);
    const views = await Promise.all(frames.map((frame) => footage.view(video, frame)));
    return { source: collate(views.slice(0, sources)), target: collate(views.slice(sources)) };
  },
});

/** Each video's first frame as the source and `targets` others, evenly spread over the rest. @throws InputError for a video of one frame. */
export const others = (footage: Footage, targets: number): Dataset<Pair> => ({
  length: footage.length,
  async get(video) {
    const rest = (await footage.frames(video)) - 1;
    if (rest === 0)
      throw new InputError(`${footage.name(video)} has one frame: there is none to compare with`);
    const frames = Array.from({ length: targets }, (_, i) => 1 + Math.floor((i * rest) / targets));
    const views = await Promise.all([0, ...frames].map((frame) => footage.view(video, frame)));
    return { source: collate(views.slice(0, 1)), target: collate(views.slice(1)) };
  },
});
