/**
 * @module Places in and near outlines.
 */
import type { Point } from './landmarks.js';

/** Whether a place is in a closed outline, by the parity of the edges to its right. */
export function contains(outline: readonly Point[], x: number, y: number): boolean {
  let inside = false;
  let [x0, y0] = outline.at(-1)!;
  for (const [x1, y1] of outline) {
    if (y1 > y !== y0 > y && x < ((x0 - x1) * (y - y1)) / (y0 - y1) + x1) inside = !inside;
    [x0, y0] = [x1, y1];
  }
  return inside;
}

/** How far a place is from an open line. */
export function distanceTo(line: readonly Point[], x: number, y: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (let i = 1; i < line.length; i++) {
    const [x0, y0] = line[i - 1]!;
    const [dx, dy] = [line[i]![0] - x0, line[i]![1] - y0];
    const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy);
    const w = along < 0 ? 0 : along > 1 ? 1 : along;
    nearest = Math.min(nearest, Math.hypot(x - x0 - w * dx, y - y0 - w * dy));
  }
  return nearest;
}

/** The smallest upright rectangle around points, wider by a margin. */
export class Bounds {
  private readonly left: number;
  private readonly right: number;
  private readonly top: number;
  private readonly bottom: number;

  constructor(points: readonly Point[], margin = 0) {
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    this.left = Math.min(...xs) - margin;
    this.right = Math.max(...xs) + margin;
    this.top = Math.min(...ys) - margin;
    this.bottom = Math.max(...ys) + margin;
  }

  has(x: number, y: number): boolean {
    return x > this.left && x < this.right && y > this.top && y < this.bottom;
  }
}
