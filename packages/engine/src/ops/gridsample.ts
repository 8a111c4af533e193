/**
 * @module Images at the points of a grid. Conventions are PyTorch's.
 */
import { type Dim, mulDims, sameDim, shapeText, sizeOfShape } from '../dim.js';
import { TensorError } from '../errors.js';
import type { DType } from '../ndarray.js';
import { apply, asTensor, type Op, type Tensor, type TensorLike } from '../tensor.js';
import {
  add,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  logicalAnd,
  logicalXor,
  maximum,
  minimum,
  mod,
  mul,
  sub,
  where,
} from './elementwise.js';
import { abs, cast, floor, neg, round } from './functions.js';
import { gather, indexAdd } from './indexing.js';
import { sum } from './reduce.js';
import { arange, dimTensor, expandDims, full, reshape, transpose } from './shape.js';
import { slice, stack } from './slicing.js';

export interface GridSampleOptions {
  /** `bilinear` (default) weighs the four pixels around a point; `nearest` takes the one it is closest to. */
  readonly mode?: 'bilinear' | 'nearest';
  /** What lies outside: zeros (default), the pixels of the border, or the image mirrored at its border. */
  readonly padding?: 'zeros' | 'border' | 'reflection';
  /** Whether -1 and 1 are the centres of the outermost pixels, or (default) their outer edges. */
  readonly alignCorners?: boolean;
}

type GridSampleAttrs = Required<GridSampleOptions>;

const gridSampleOp: Op<GridSampleAttrs> = {
  name: 'gridSample',
  infer: ([x, grid]) => {
    const [n, c] = x!.shape;
    const fits = x!.rank === 4 && grid!.rank === 4 && grid!.shape[3] === 2 && sameDim(grid!.shape[0]!, n!);
    if (!fits) {
      throw new TensorError(
        'gridSample',
        `image ${shapeText(x!.shape)} and grid ${shapeText(grid!.shape)} are not [N, C, H, W] and [N, Hout, Wout, 2]`,
      );
    }
    if (x!.dtype !== grid!.dtype) {
      throw new TensorError('gridSample', `dtypes differ: ${x!.dtype} and ${grid!.dtype}`);
    }
    return [{ dtype: x!.dtype, shape: [n!, c!, grid!.shape[1]!, grid!.shape[2]!] }];
  },
  vjp: ([g], { inputs: [x, grid], attrs }) => {
    if (!g) return [undefined, undefined];
    return attrs.mode === 'nearest'
      ? [nearestGradient(g, x!, grid!, attrs), undefined]
      : bilinearGradients(g, x!, grid!, attrs);
  },
  lower: (l, node) => {
    const { mode, padding, alignCorners } = node.attrs;
    const attributes = { mode, padding_mode: padding, align_corners: alignCorners ? 1 : 0 };
    return l.node('GridSample', l.inputs(node), attributes);
  },
};

/**
 * The image at the points of a grid: PyTorch's `grid_sample`.
 *
 * @param x - `[N, C, H, W]`.
 * @param grid - `[N, Hout, Wout, 2]`: for each output pixel the place (x, y), from -1 (left, top) to 1.
 * @returns `[N, C, Hout, Wout]`.
 * @throws TensorError when the shapes or dtypes do not fit.
 */
export function gridSample(x: TensorLike, grid: TensorLike, options: GridSampleOptions = {}): Tensor {
  const { mode = 'bilinear', padding = 'zeros', alignCorners = false } = options;
  const image = asTensor(x);
  return apply(gridSampleOp, [image, asTensor(grid, image.dtype)], { mode, padding, alignCorners });
}

const sizeTensor = (d: Dim, dtype: DType): Tensor => cast(typeof d === 'number' ? d : dimTensor(d), dtype);

/** One coordinate of the points, in pixels from the centre of the first, and its derivative by the grid's. */
interface Coordinate {
  readonly at: Tensor;
  readonly slope: Tensor;
}

/** From -1..1 to pixels of an axis of this size, brought back into the image as the padding wants. */
function pixelCoordinate(t: Tensor, size: Dim, { padding, alignCorners }: GridSampleAttrs): Coordinate {
  const n = sizeTensor(size, t.dtype);
  const last = sub(n, 1);
  const slope = mul(alignCorners ? last : n, 0.5);
  const low = alignCorners ? 0 : -0.5;
  const distance = mul(add(t, 1), slope);
  if (padding === 'zeros') return { at: add(distance, low), slope };
  if (padding === 'border' || (alignCorners && size === 1))
    return clip({ at: add(distance, low), slope }, last);
  // Mirrors stand at `low` and every `period` from there.
  const period = alignCorners ? last : n;
  const crossed = floor(div(abs(distance), period));
  const rest = sub(abs(distance), mul(crossed, period));
  const backwards = equal(mod(crossed, 2), 1);
  const mirrored = add(where(backwards, sub(period, rest), rest), low);
  const sign = where(logicalXor(backwards, less(distance, 0)), neg(slope), slope);
  return clip({ at: mirrored, slope: sign }, last);
}

/** Coordinates beyond the outermost pixels' centres, and (as in PyTorch) on them, do not move with the grid. */
function clip({ at, slope }: Coordinate, last: Tensor): Coordinate {
  const inside = logicalAnd(greater(at, 0), less(at, last));
  return { at: minimum(maximum(at, 0), last), slope: where(inside, slope, 0) };
}

/** The points' coordinates as [N, P], P = Hout · Wout. */
function pixelCoordinates(x: Tensor, grid: Tensor, attrs: GridSampleAttrs): [x: Coordinate, y: Coordinate] {
  const points = [grid.shape[0]!, mulDims(grid.shape[1]!, grid.shape[2]!)];
  const component = (i: number) => reshape(slice(grid, 3, i, i + 1), points);
  return [
    pixelCoordinate(component(0), x.shape[3]!, attrs),
    pixelCoordinate(component(1), x.shape[2]!, attrs),
  ];
}

/** Pixels by their whole coordinates [N, P]. */
interface Pixels {
  /** Their rows in {@link pixelRows}. */
  readonly index: Tensor;
  /** 1 where they are in the image, 0 outside. */
  readonly inside: Tensor;
}

function pixelsAt(image: Tensor, x: Tensor, y: Tensor): Pixels {
  const [n, , height, width] = image.shape as [Dim, Dim, Dim, Dim];
  const within = (t: Tensor, size: Dim) => logicalAnd(greaterEqual(t, 0), less(t, sizeTensor(size, t.dtype)));
  const whole = (t: Tensor, size: Dim) =>
    cast(minimum(maximum(t, 0), sub(sizeTensor(size, t.dtype), 1)), 'int32');
  const images = reshape(mul(arange(n), sizeTensor(mulDims(height, width), 'int32')), [n, 1]);
  const rows = mul(whole(y, height), sizeTensor(width, 'int32'));
  return {
    index: add(add(images, rows), whole(x, width)),
    inside: cast(logicalAnd(within(x, width), within(y, height)), image.dtype),
  };
}

/** [N, C, ...spatial] as rows of channels, [N, P, C]. */
const channelsLast = (t: Tensor): Tensor =>
  transpose(reshape(t, [t.shape[0]!, t.shape[1]!, sizeOfShape(t.shape.slice(2))]), [0, 2, 1]);

/** The image's pixels as rows, [N · H · W, C]. */
const pixelRows = (x: Tensor): Tensor => reshape(channelsLast(x), [-1, x.shape[1]!]);

/** What is added to rows of {@link pixelRows}: [N, P] indices and [N, P, C] elements. */
interface PixelUpdate {
  readonly index: Tensor;
  readonly elements: Tensor;
}

/** The gradient by an image, from what each read of its pixels adds to it. */
function imageGradient(x: Tensor, updates: readonly PixelUpdate[]): Tensor {
  const [n, c, ...size] = x.shape as [Dim, Dim, ...Dim[]];
  const none: Tensor = full([mulDims(n, ...size), c], cast(0, x.dtype));
  const rows = updates.reduce((sofar, { index, elements }) => indexAdd(sofar, index, elements), none);
  const images = reshape(rows, [n, sizeOfShape(size), c]);
  return reshape(transpose(images, [0, 2, 1]), x.shape);
}

function nearestGradient(g: Tensor, x: Tensor, grid: Tensor, attrs: GridSampleAttrs): Tensor {
  const [atX, atY] = pixelCoordinates(x, grid, attrs);
  const { index, inside } = pixelsAt(x, round(atX.at), round(atY.at));
  return imageGradient(x, [{ index, elements: mul(channelsLast(g), expandDims(inside, -1)) }]);
}

/**
 * Gradients by the image and the grid. With (a, b) the point's distance from the pixel at its upper left,
 * y = (1-a)(1-b) p₀₀ + a(1-b) p₁₀ + (1-a)b p₀₁ + ab p₁₁.
 */
function bilinearGradients(g: Tensor, x: Tensor, grid: Tensor, attrs: GridSampleAttrs): [Tensor, Tensor] {
  const [atX, atY] = pixelCoordinates(x, grid, attrs);
  const [left, top] = [floor(atX.at), floor(atY.at)];
  const [right, bottom] = [add(left, 1), add(top, 1)];
  const [a, b] = [sub(atX.at, left), sub(atY.at, top)];
  const [ra, rb] = [sub(1, a), sub(1, b)];
  const corners = [
    { ...pixelsAt(x, left, top), weight: mul(ra, rb) },
    { ...pixelsAt(x, right, top), weight: mul(a, rb) },
    { ...pixelsAt(x, left, bottom), weight: mul(ra, b) },
    { ...pixelsAt(x, right, bottom), weight: mul(a, b) },
  ] as const;
  const [image, gradient] = [pixelRows(x), channelsLast(g)];
  const updates = corners.map(({ index, inside, weight }) => ({
    index,
    elements: mul(gradient, expandDims(mul(inside, weight), -1)),
  }));
  // The gradient by a corner's weight: the product of the pixel there and g over the channels.
  const [g00, g10, g01, g11] = corners.map(({ index, inside }) =>
    mul(inside, sum(mul(gather(image, index), gradient), { axes: 2 })),
  ) as [Tensor, Tensor, Tensor, Tensor];
  const byX = add(mul(rb, sub(g10, g00)), mul(b, sub(g11, g01)));
  const byY = add(mul(ra, sub(g01, g00)), mul(a, sub(g11, g10)));
  return [
    imageGradient(x, updates),
    reshape(stack([mul(byX, atX.slope), mul(byY, atY.slope)], -1), grid.shape),
  ];
}
