/**
 * @module Events as what the heads of a modality shall say (section 3).
 */
import { NDArray } from '@sextant/engine';
import type { HeadsConfig } from './proposals.js';

/** An event of a video of the batch, in seconds. */
export interface Event {
  readonly video: number;
  readonly centre: number;
  readonly length: number;
}

/** By video, anchor and position [B, A, S]. */
export interface Targets<T = NDArray<'float32'>> {
  /** 1 where an event is to be found, else 0. */
  readonly object: T;
  /** The centre's place in its position, from 0 to 1. */
  readonly centre: T;
  /** Logarithm of the length by the anchor's. */
  readonly length: T;
}

/**
 * Each event at its position, with the anchor whose length is most like its own. An event beyond the last position counts there; of
 * events that share anchor and position the last counts.
 *
 * @param size - videos B and positions S.
 */
export function targetsOf(
  events: readonly Event[],
  { anchors, stride }: Pick<HeadsConfig, 'anchors' | 'stride'>,
  [videos, positions]: readonly [number, number],
): Targets {
  const shape = [videos, anchors.length, positions];
  const [object, centre, length] = [0, 1, 2].map(
    () => new Float32Array(videos * anchors.length * positions),
  ) as [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
  for (const event of events) {
    const alike = anchors.map((a) => Math.min(a, event.length) / (Math.max(a, event.length) + 1e-8));
    const anchor = alike.indexOf(Math.max(...alike));
    const place = event.centre / stride;
    const position = Math.min(Math.max(Math.trunc(place), 0), positions - 1);
    const at = (event.video * anchors.length + anchor) * positions + position;
    object[at] = 1;
    centre[at] = place - Math.floor(place);
    length[at] = Math.log(event.length / anchors[anchor]! + 1e-16);
  }
  const as = (data: Float32Array<ArrayBuffer>) => new NDArray(data, shape, 'float32');
  return { object: as(object), centre: as(centre), length: as(length) };
}
