/**
 * @module Optical flow by total variation and absolute differences (TV-L1; Zach, Pock and Bischof, "A duality based approach for realtime TV-L1
 * optical flow", DAGM 2007), which I3D's flow network was trained on. Needs no weights.
 */
import {
  add,
  arange,
  broadcastTo,
  cast,
  clamp,
  concat,
  div,
  expandDims,
  gridSample,
  mul,
  pad,
  resize,
  scan,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
  zerosLike,
} from '@sextant/engine';

export interface OpticalFlowOptions {
  /** Weight of the differences of brightness, of 255 levels, beside the flow's variation (0.15). */
  readonly lambda?: number;
  /** How tightly the two halves of the problem are coupled (0.3). */
  readonly theta?: number;
  /** Step of the dual variables, at most 0.25 (0.25). */
  readonly tau?: number;
  /** Sizes at which flow is looked for, each half of the one before (5); none smaller than 16. */
  readonly scales?: number;
  /** How often the second picture is moved by the flow found so far, at each size (5). */
  readonly warps?: number;
  /** Updates after each of these (15). */
  readonly iterations?: number;
}

const SMALLEST = 16;

/**
 * Movement [N, 2, H, W], in pixels to the right and down, between grey pictures of 0 to 255 [N, 1, H, W].
 *
 * @param from - pictures
 * @param to - what follows each
 */
export function opticalFlow(from: Tensor, to: Tensor, options: OpticalFlowOptions = {}): Tensor {
  const { scales = 5 } = options;
  const pairs = [{ from, to }];
  for (let level = 1; level < scales; level++) {
    const last = pairs.at(-1)!;
    const half = sizeOf(last.from).map((n) => Math.ceil(n / 2)) as [number, number];
    if (Math.min(...half) < SMALLEST) break;
    pairs.push({ from: resized(last.from, half), to: resized(last.to, half) });
  }
  let flow: Tensor | undefined;
  for (const pair of pairs.reverse()) flow = refined(pair.from, pair.to, flow, options);
  return flow!;
}

/** Height and width. */
const sizeOf = ({ shape }: Tensor): [number, number] => shape.slice(2) as [number, number];

const resized = (x: Tensor, size: readonly [number, number]): Tensor =>
  resize(x, { size, mode: 'bilinear', antialias: true });

/** Components of a flow, or slopes [N, 2, H, W], to the right and down. */
type Field = Tensor;

/** Slopes of both components of a flow: to the right, and down. */
interface Dual {
  readonly x: Field;
  readonly y: Field;
}

/** The flow at one size, which begins with that of half the size. */
function refined(from: Tensor, to: Tensor, coarse: Field | undefined, options: OpticalFlowOptions): Field {
  const { lambda = 0.15, theta = 0.3, tau = 0.25, warps = 5, iterations = 15 } = options;
  const still = zerosLike(concat([from, from], 1));
  let flow = coarse ? enlarged(coarse, sizeOf(from)) : still;
  let dual: Dual = { x: still, y: still };
  const slopes = slopesOf(to);
  for (let warp = 0; warp < warps; warp++) {
    const slope = warped(slopes, flow);
    const steepness = add(sum(square(slope), { axes: 1, keepDims: true }), 1e-6);
    // The difference of brightness is a linear function of the flow near this one: constant + slope · flow.
    const constant = sub(sub(warped(to, flow), from), dot(slope, flow));
    [{ flow, dual }] = scan(
      (now: { readonly flow: Field; readonly dual: Dual }) => {
        const difference = add(constant, dot(slope, now.flow));
        // Thresholding, equation 15: the step that takes the difference away, or the longest one.
        const step = clamp(div(difference, steepness), -lambda * theta, lambda * theta);
        const next = add(sub(now.flow, mul(slope, step)), mul(divergence(now.dual), theta));
        return [{ flow: next, dual: ascended(now.dual, next, tau / theta) }, null] as const;
      },
      { flow, dual },
      undefined,
      { length: iterations },
    );
  }
  return flow;
}

/** Sum over components [N, 1, H, W]. */
const dot = (a: Field, b: Field): Tensor => sum(mul(a, b), { axes: 1, keepDims: true });

/** A flow at another size: lengths grow with it. */
function enlarged(flow: Field, size: readonly [number, number]): Field {
  const [height, width] = sizeOf(flow);
  const [x, y] = [0, 1].map((k) => slice(flow, 1, k, k + 1)) as [Tensor, Tensor];
  return resized(concat([mul(x, size[1] / width), mul(y, size[0] / height)], 1), size);
}

/** Central differences of pictures [N, 1, H, W], those of the border repeated. */
const slopesOf = (x: Tensor): Field =>
  concat(
    ([3, 2] as const).map((axis) => {
      const wide = padded(x, axis, [1, 1], 'replicate');
      return div(sub(slice(wide, axis, 2), slice(wide, axis, 0, -2)), 2);
    }),
    1,
  );

/** Of width and height. */
type Axis = 2 | 3;

const padded = (
  x: Tensor,
  axis: Axis,
  around: [number, number],
  mode: 'constant' | 'replicate' = 'constant',
) => pad(x, axis === 3 ? [around] : [around, [0, 0]], { mode });

/** Pictures [N, C, H, W] at the places that a flow leads to. */
function warped(x: Tensor, flow: Field): Tensor {
  const [height, width] = sizeOf(x);
  const row = expandDims(expandDims(cast(arange(width), 'float32'), 0), 0);
  const column = expandDims(expandDims(cast(arange(height), 'float32'), 0), -1);
  const places = [row, column].map((start, k) => {
    const at = add(broadcastTo(start, [1, height, width]), slice(flow, 1, k, k + 1)) as Tensor;
    // From -1 to 1 between the centres of the outermost pixels.
    return sub(div(mul(at, 2), [width, height][k]! - 1), 1);
  });
  const grid = transpose(concat(places, 1), [0, 2, 3, 1]);
  return gridSample(x, grid, { padding: 'border', alignCorners: true });
}

/** Of each component of a flow; nothing flows over the border. */
const divergence = ({ x, y }: Dual): Field => add(backward(x, 3), backward(y, 2));

/** Differences to the pixel before, of what is 0 at the end. */
const backward = (x: Field, axis: Axis): Field => sub(x, padded(slice(x, axis, 0, -1), axis, [1, 0]));

/** Differences to the pixel behind, 0 at the end. */
const forward = (x: Field, axis: Axis): Field =>
  padded(sub(slice(x, axis, 1), slice(x, axis, 0, -1)), axis, [0, 1]);

/** A step of the dual variables towards the slopes of a flow, which keeps them in the unit ball (equation 14). */
function ascended({ x, y }: Dual, flow: Field, step: number): Dual {
  const slope = { x: forward(flow, 3), y: forward(flow, 2) };
  const shrink = add(mul(sqrt(add(square(slope.x), square(slope.y))), step), 1);
  const towards = (p: Field, s: Field) => div(add(p, mul(s, step)), shrink);
  return { x: towards(x, slope.x), y: towards(y, slope.y) };
}
