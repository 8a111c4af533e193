/**
 * @module Cutting a long spectrogram into overlapping windows whose audio joins without a seam.
 */

/** Frames [start, start + length) of which the audio of [from, to) is kept. */
export interface Window {
  readonly start: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Windows of one length that together keep [from, to).
 *
 * @param range - frames to keep, and the frames there are: [first, end). Where a range ends with the
 *   spectrogram, so does its last window: the generator's reflection acts there as it does on the whole.
 * @param count - number of windows.
 * @param context - frames that a frame's audio depends on at either side.
 * @returns the windows and their common length.
 */
export function cutWindows(
  range: { readonly from: number; readonly to: number; readonly first: number; readonly end: number },
  count: number,
  context: number,
): { windows: Window[]; length: number } {
  const { from, to, first, end } = range;
  const size = Math.ceil((to - from) / count);
  const length = Math.min(size + 2 * context, end - first);
  const windows: Window[] = [];
  for (let at = from; at < to; at += size) {
    const start = Math.max(first, Math.min(at - context, end - length));
    windows.push({ start, from: at, to: Math.min(at + size, to) });
  }
  return { windows, length };
}
