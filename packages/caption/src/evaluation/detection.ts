/**
 * @module How well segments are found: precision and recall by overlap (section 6).
 */
import { type Segment, tIoU } from '../segments.js';
import { mean } from './pairs.js';

/** From and to, in seconds. */
export interface Timed {
  readonly start: number;
  readonly end: number;
}

export interface Detection {
  readonly Precision: number;
  readonly Recall: number;
  readonly F1: number;
}

/** Segments by video. */
export type Segments = ReadonlyMap<string, readonly Timed[]>;

/** Precision and recall at overlaps, averaged; F1 is that of the averages. 0 for videos of the references without predictions. */
export function evaluateDetection(
  predictions: Segments,
  references: readonly Segments[],
  tIoUs: readonly number[] = [0.3, 0.5, 0.7, 0.9],
): Detection {
  const videos = [...new Set(references.flatMap((set) => [...set.keys()]))];
  const all = tIoUs.map((threshold) =>
    detectionAt((video) => predictions.get(video) ?? [], references, videos, threshold),
  );
  return withF1(mean(all.map((d) => d.Precision)), mean(all.map((d) => d.Recall)));
}

/** Means over videos at one overlap. */
export function detectionAt(
  predicted: (video: string) => readonly Timed[],
  references: readonly Segments[],
  videos: readonly string[],
  threshold: number,
): Detection {
  const each = videos.map((video) =>
    detection(
      predicted(video),
      references.flatMap((set) => (set.has(video) ? [set.get(video)!] : [])),
      threshold,
    ),
  );
  return withF1(mean(each.map(({ precision }) => precision)), mean(each.map(({ recall }) => recall)));
}

/** Shares of predictions and of references that overlap by more than the threshold: each the best over the sets. */
function detection(
  predictions: readonly Timed[],
  sets: readonly (readonly Timed[])[],
  threshold: number,
): { readonly precision: number; readonly recall: number } {
  let [precision, recall] = [0, 0];
  for (const references of sets) {
    const found = (a: Timed, others: readonly Timed[]) => others.some((b) => overlap(a, b) > threshold);
    const share = (of: readonly Timed[], others: readonly Timed[]) =>
      of.length === 0 ? 0 : of.filter((a) => found(a, others)).length / of.length;
    precision = Math.max(precision, share(predictions, references));
    recall = Math.max(recall, share(references, predictions));
  }
  return { precision, recall };
}

export const overlap = (a: Timed, b: Timed): number => tIoU(segment(a), segment(b));

const segment = ({ start, end }: Timed): Segment => ({ start, end, confidence: 1 });

export const withF1 = (Precision: number, Recall: number): Detection => ({
  Precision,
  Recall,
  F1: (2 * Precision * Recall) / (Precision + Recall + 1e-16),
});
