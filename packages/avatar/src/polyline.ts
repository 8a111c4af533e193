/**
 * @module Lines of thickness 2 with round ends, the same pixels as OpenCV's `polylines` without smoothing: each is a filled
 * quadrilateral in fixed point, its outline and a disc on its ends.
 */
import type { Image } from '@sextant/image/web';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Color = readonly [number, number, number];

/** Fixed point has 16 fractional bits; numbers hold it exactly. */
const ONE = 2 ** 16;
const whole = (fixed: number): number => Math.floor(fixed / ONE);
const nearest = (fixed: number): number => whole(fixed + ONE / 2);

type Put = (x: number, y: number) => void;

/** Draws through points of whole pixels; pixels out of the picture are left out. */
export function drawPolyline(
  image: Image,
  points: readonly Point[],
  { closed, color }: { readonly closed: boolean; readonly color: Color },
): void {
  const put: Put = (x, y) => {
    if (x >= 0 && x < image.width && y >= 0 && y < image.height)
      image.data.set(color, 3 * (y * image.width + x));
  };
  const before = closed ? points.at(-1)! : points[0]!;
  const rest = closed ? points : points.slice(1);
  drawEnd(put, before);
  rest.reduce((from, to) => {
    drawSegment(put, from, to);
    drawEnd(put, to);
    return to;
  }, before);
}

/** A disc of radius 1. */
function drawEnd(put: Put, { x, y }: Point): void {
  for (const d of [-1, 0, 1]) {
    put(x + d, y);
    put(x, y + d);
  }
}

function drawSegment(put: Put, from: Point, to: Point): void {
  const [dx, dy] = [from.x - to.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  if (length === 0) return;
  // Half the thickness, across.
  const across = { x: halfToEven((dy * ONE) / length), y: halfToEven((dx * ONE) / length) };
  const corner = (p: Point, side: 1 | -1): Point => ({
    x: p.x * ONE + side * across.x,
    y: p.y * ONE + side * across.y,
  });
  const corners = [corner(from, 1), corner(from, -1), corner(to, -1), corner(to, 1)];
  corners.forEach((p, i) => {
    drawEdge(put, corners.at(i - 1)!, p);
  });
  fillConvex(put, corners);
}

function halfToEven(x: number): number {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (below & 1) : Math.round(x);
}

/** A thin line in fixed point: one pixel for each column or row, whichever are more. */
function drawEdge(put: Put, a: Point, b: Point): void {
  const flat = Math.abs(b.x - a.x) > Math.abs(b.y - a.y);
  const [along, side] = flat ? (['x', 'y'] as const) : (['y', 'x'] as const);
  const [from, to] = b[along] < a[along] ? [b, a] : [a, b];
  // OpenCV makes the length odd, so that it is not 0.
  const extent = to[along] - from[along];
  const step = Math.trunc(((to[side] - from[side]) * ONE) / (extent + 1 - (extent % 2)));
  put(nearest(to.x), nearest(to.y));
  const first = nearest(from[along]);
  for (let i = 0; i <= whole(extent); i++) {
    const beside = whole(from[side] + ONE / 2 + i * step);
    if (flat) put(first + i, beside);
    else put(beside, first + i);
  }
}

/** One of the two chains of edges from a polygon's top down. */
interface Descent {
  /** Corner that the present edge goes to, and in which direction the next ones are. */
  corner: number;
  readonly direction: 1 | -1;
  /** Row where the present edge ends. */
  end: number;
  x: number;
  step: number;
}

/** Rows of a convex polygon in fixed point, from edge to edge. */
function fillConvex(put: Put, corners: readonly Point[]): void {
  const rows = corners.map(({ y }) => nearest(y));
  const top = corners.reduce((best, { y }, i) => (y < corners[best]!.y ? i : best), 0);
  const bottom = Math.max(...rows);
  const descent = (direction: 1 | -1): Descent => ({
    corner: top,
    direction,
    end: rows[top]!,
    x: -ONE,
    step: 0,
  });
  const sides = [descent(1), descent(-1)];
  let edges = corners.length;
  for (let y = rows[top]!; y <= bottom; y++) {
    if (y < bottom || y === rows[top]) {
      for (const side of sides) {
        if (y < side.end) continue;
        let from = side.corner;
        while (edges-- > 0) {
          const to = (from + side.direction + corners.length) % corners.length;
          const height = rows[to]! - y;
          if (height > 0) {
            const distance = corners[to]!.x - corners[from]!.x;
            side.step = Math.trunc((distance * 2 + height) / (2 * height));
            side.x = corners[from]!.x;
            side.corner = to;
            side.end = rows[to]!;
            break;
          }
          from = to;
        }
      }
    }
    if (edges < 0) return;
    const [left, right] = sides.map(({ x }) => x).sort((a, b) => a - b) as [number, number];
    for (let x = nearest(left); x <= nearest(right); x++) put(x, y);
    for (const side of sides) side.x += side.step;
  }
}
