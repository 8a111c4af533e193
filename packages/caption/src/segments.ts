/**
 * @module From predictions to segments (section 5).
 */

/** A prediction: seconds and a confidence. */
export interface Prediction {
  readonly centre: number;
  readonly length: number;
  readonly confidence: number;
}

/** Part of a video, in seconds. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly confidence: number;
}

export interface SegmentOptions {
  /** Length of the video in seconds. */
  readonly duration: number;
  /** How many are taken, by confidence (100). */
  readonly count?: number;
  /** Segments that overlap a better one by so much are left out; none if absent. */
  readonly overlap?: number;
  /** Segments have to be longer, in seconds (0.2). */
  readonly shortest?: number;
}

/** As for a data set: the best predictions first, then overlaps, times rounded to 5 decimals, and the short ones last. */
export function segmentsOfDataset(predictions: readonly Prediction[], options: SegmentOptions): Segment[] {
  const { duration, count = 100, overlap, shortest = 0.2 } = options;
  const best = byConfidence(predictions.map((p) => ({ ...p, ...corners(p) }))).slice(0, count);
  const trimmed = best.map((s) => trim(s, duration));
  const kept = overlap === undefined ? trimmed : withoutOverlaps(trimmed, overlap);
  const round = (x: number) => Math.round(x * 1e5) / 1e5;
  return kept
    .map(({ start, end, confidence }) => ({
      start: round(start),
      end: round(end),
      confidence: round(confidence),
    }))
    .filter(({ start, end }) => end - start > shortest);
}

/** As for a single video: short ones are left out before the best are taken. */
export function segmentsOfVideo(predictions: readonly Prediction[], options: SegmentOptions): Segment[] {
  const { duration, count = 100, overlap, shortest = 0.2 } = options;
  const long = predictions
    .map((p) => trim(corners(p), duration))
    .filter(({ start, end }) => end - start > shortest);
  const best = byConfidence(long).slice(0, count);
  return overlap === undefined ? best : withoutOverlaps(best, overlap);
}

const corners = ({ centre, length, confidence }: Prediction): Segment => ({
  start: centre - length / 2,
  end: centre + length / 2,
  confidence,
});

const trim = ({ start, end, confidence }: Segment, duration: number): Segment => ({
  start: Math.min(Math.max(start, 0), duration),
  end: Math.min(end, duration),
  confidence,
});

const byConfidence = <S extends { readonly confidence: number }>(segments: readonly S[]): S[] =>
  [...segments].sort((a, b) => b.confidence - a.confidence);

/** Overlap of two segments by their union. */
export function tIoU(a: Segment, b: Segment): number {
  const common = Math.max(0, Math.min(a.end, b.end) - Math.max(a.start, b.start));
  const hull = Math.max(a.end, b.end) - Math.min(a.start, b.start);
  return common / (Math.min(hull, a.end - a.start + b.end - b.start - common) + 1e-8);
}

/** The first, then of the others those that overlap it by less than `threshold`, and so on. */
export function withoutOverlaps(segments: readonly Segment[], threshold: number): Segment[] {
  const kept: Segment[] = [];
  for (const segment of segments) if (kept.every((k) => tIoU(k, segment) < threshold)) kept.push(segment);
  return kept;
}
