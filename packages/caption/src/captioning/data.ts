/**
 * @module Captions with the features of their segments: what a captioner learns from.
 */
import { array, type NDArray } from '@sextant/engine';
import { InputError } from '@sextant/io';
import type { Dataset } from '@sextant/train';
import type { AnnotatedVideo } from '../annotations.js';
import type { Features } from '../captioner.js';
import { PADDING } from '../masks.js';
import type { Vocabulary } from '../text/vocabulary.js';
import { cropped, type FeatureFolder, padded, type VideoFeatures } from '../video-features.js';

/** A caption with what is to be seen and heard meanwhile. */
export interface Example {
  readonly features: VideoFeatures;
  /** Numbers of words, start and end among them. */
  readonly ids: readonly number[];
}

/** Examples side by side: features [B, S, d] and `ids` int32 [B, S]. */
export interface Batch<T = NDArray> extends Features<T> {
  readonly ids: T;
}

/** The captions of videos whose features are there. @throws InputError when there are none. */
export function examples(
  videos: ReadonlyMap<string, AnnotatedVideo>,
  folder: FeatureFolder,
  vocabulary: Vocabulary,
): Dataset<Example> {
  const items = folder.videos.flatMap((video) => {
    const annotated = videos.get(video);
    return (annotated?.captions ?? [])
      .filter(({ start, end }) => end > start)
      .map((caption) => ({ video, caption, duration: annotated!.duration }));
  });
  if (items.length === 0)
    throw new InputError(`${folder.path}: it has features of none of the annotated videos`);
  return {
    length: items.length,
    get: async (i) => {
      const { video, caption, duration } = items[i]!;
      return {
        features: cropped(await folder.read(video), caption, duration),
        ids: vocabulary.encode(caption.sentence),
      };
    },
  };
}

/** Examples as one batch, padded to the longest. */
export function batchOf(all: readonly Example[]): Batch {
  const length = Math.max(...all.map(({ ids }) => ids.length));
  const ids = all.flatMap((example) => [
    ...example.ids,
    ...new Array<number>(length - example.ids.length).fill(PADDING),
  ]);
  return {
    ...padded(all.map(({ features }) => features)),
    ids: array(ids, { shape: [all.length, length], dtype: 'int32' }),
  };
}
