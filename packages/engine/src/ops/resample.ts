/**
 * @module Images at other sizes. Conventions are PyTorch's.
 */
import {
  type Dim,
  exactDivDims,
  isStatic,
  mulDims,
  type Shape,
  sameDim,
  shapeText,
  sizeOfShape,
} from '../dim.js';
import { TensorError } from '../errors.js';
import { array, type NDArray, zeros } from '../ndarray.js';
import {
  apply,
  asTensor,
  constant,
  normalizeAxis,
  type Op,
  type Tensor,
  type TensorLike,
} from '../tensor.js';
import { mul } from './elementwise.js';
import { cast } from './functions.js';
import { gather } from './indexing.js';
import { matmul } from './linalg.js';
import { avgPool1d, avgPool2d, avgPool3d } from './pooling.js';
import { repeat, reshape, transpose } from './shape.js';

export interface ResizeOptions {
  /** The new spatial sizes: one number for all axes, or one for each. Give this or `scale`. */
  readonly size?: number | readonly number[];
  /** New size / old size, rounded down. */
  readonly scale?: number | readonly number[];
  /**
   * `nearest` (default); `bilinear`, linear along each axis; `bicubic`, cubic along each axis with the
   * coefficient -0.75 (-0.5 with `antialias`).
   */
  readonly mode?: 'nearest' | 'bilinear' | 'bicubic';
  /** Whether the centres of the outermost pixels stay in place, or (default) their outer edges. */
  readonly alignCorners?: boolean;
  /** When making smaller, widen the filter so that it covers every pixel (as Pillow does). Not for `nearest`. */
  readonly antialias?: boolean;
}

/** How one axis is resampled. */
interface AxisPlan {
  readonly from: Dim;
  readonly to: Dim;
  /** Distance of neighbouring output pixels in input pixels, where corners are not aligned. */
  readonly step: number;
}

/**
 * Images at another size: PyTorch's `interpolate`. Sizes may be symbolic where `scale` is a whole number and
 * the mode is `nearest` or `bilinear`; the gradient of `bilinear` needs numbers.
 *
 * @param x - `[N, C, ...spatial]`, one to three spatial axes.
 * @returns `[N, C, ...size]`.
 * @throws TensorError for a shape, size or scale that does not fit, or options that exclude each other.
 */
export function resize(x: TensorLike, options: ResizeOptions): Tensor {
  const t = asTensor(x);
  const { mode = 'nearest', alignCorners = false, antialias = false } = options;
  if (mode === 'nearest' && (alignCorners || antialias)) {
    throw new TensorError('resize', 'mode nearest has neither alignCorners nor antialias');
  }
  const plans = axisPlans(t, options);
  if (plans.every(({ from, to }) => sameDim(from, to))) return t;
  // Where a given scale does not give a whole size, ONNX and PyTorch place pixels differently.
  const exact = plans.every(({ from, to, step }) => typeof from !== 'number' || step === from / Number(to));
  const whole = exact && plans.every(({ from, to }) => exactDivDims(to, from) !== undefined);
  const native = mode === 'nearest' ? whole : exact && !antialias;
  if (native && mode !== 'bicubic' && t.dtype === 'float32') {
    return apply(resizeOp, [t], { size: plans.map((p) => p.to), mode, alignCorners });
  }
  return plans.reduce<Tensor>((y, plan, i) => {
    const axis = i + 2;
    if (sameDim(plan.from, plan.to) && exact) return y;
    if (mode === 'nearest' && whole) return repeat(y, exactDivDims(plan.to, plan.from)!, axis);
    const { from, to, step } = plan;
    if (typeof from !== 'number' || typeof to !== 'number') {
      throw new TensorError(
        'resize',
        `mode ${mode} of ${t.dtype} ${shapeText(t.shape)} needs numbers as sizes`,
      );
    }
    if (mode === 'nearest') return gather(y, nearestIndices(from, to, step), axis);
    return matmulAlong(y, interpolationMatrix(from, to, step, { mode, alignCorners, antialias }), axis);
  }, t);
}

function axisPlans(t: Tensor, { size, scale }: ResizeOptions): AxisPlan[] {
  const axes = t.rank - 2;
  if (axes < 1 || axes > 3) {
    throw new TensorError(
      'resize',
      `input ${shapeText(t.shape)} is not [N, C, ...spatial] with 1 to 3 spatial axes`,
    );
  }
  if ((size === undefined) === (scale === undefined)) {
    throw new TensorError('resize', 'needs either size or scale');
  }
  const given = size ?? scale!;
  const wanted = typeof given === 'number' ? new Array<number>(axes).fill(given) : given;
  return t.shape.slice(2).map((from, i) => {
    const by = wanted[i] ?? 0;
    const to = size !== undefined ? by : typeof from === 'number' ? Math.floor(from * by) : mulDims(from, by);
    const fits =
      wanted.length === axes &&
      (typeof to === 'number' ? Number.isInteger(to) && to > 0 : Number.isInteger(by) && by > 0) &&
      (typeof from === 'number' || scale !== undefined);
    if (!fits) {
      const what = `${size === undefined ? 'scale' : 'size'} ${JSON.stringify(given)}`;
      const symbolic = isStatic(t.shape.slice(2)) ? '' : ': symbolic sizes need a whole scale';
      throw new TensorError('resize', `${what} does not fit input ${shapeText(t.shape)}${symbolic}`);
    }
    return { from, to, step: size === undefined ? 1 / by : Number(from) / by };
  });
}

interface ResizeAttrs {
  /** Of the spatial axes. */
  readonly size: Shape;
  readonly mode: 'nearest' | 'bilinear';
  readonly alignCorners: boolean;
}

const resizeOp: Op<ResizeAttrs> = {
  name: 'resize',
  infer: ([x], { size }) => [{ dtype: x!.dtype, shape: [...x!.shape.slice(0, 2), ...size] }],
  vjp: ([g], { inputs: [x], attrs }) => [g && resizeGradient(g, x!.shape.slice(2), attrs)],
  lower: (l, node) => {
    const { mode, alignCorners } = node.attrs;
    const sizes = l.shape(node.outputs[0]!.shape);
    const attributes =
      mode === 'nearest'
        ? { mode, coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
        : { mode: 'linear', coordinate_transformation_mode: alignCorners ? 'align_corners' : 'half_pixel' };
    return l.node('Resize', [...l.inputs(node), '', '', sizes], attributes);
  },
};

function resizeGradient(g: Tensor, size: Shape, { size: to, mode, alignCorners }: ResizeAttrs): Tensor {
  if (mode === 'nearest') {
    // Sums of the copies of each pixel.
    const copies = size.map((from, i) => Number(exactDivDims(to[i]!, from)));
    const pool = [avgPool1d, avgPool2d, avgPool3d][size.length - 1]!;
    return mul(
      pool(g, copies),
      copies.reduce((a, b) => a * b),
    );
  }
  return size.reduce<Tensor>((t, from, i) => {
    const wide = to[i]!;
    if (sameDim(from, wide)) return t;
    if (typeof from !== 'number' || typeof wide !== 'number') {
      throw new TensorError(
        'resize',
        `the gradient of mode bilinear needs numbers as sizes, not ${shapeText(size)}`,
      );
    }
    const matrix = interpolationMatrix(from, wide, from / wide, { mode, alignCorners, antialias: false });
    return matmulAlong(t, matrix, i + 2, { transposed: true });
  }, g);
}

/** Which pixel each output pixel repeats; in float32, as PyTorch computes it. */
function nearestIndices(from: number, to: number, step: number): Tensor {
  const distance = Math.fround(step);
  const indices = Int32Array.from({ length: to }, (_, o) =>
    Math.min(Math.floor(Math.fround(o * distance)), from - 1),
  );
  return constant(array(indices, { dtype: 'int32' }));
}

/** Keys' cubic: interpolates, with slope a at distance 1. */
const cubic = (a: number) => (t: number) => {
  const d = Math.abs(t);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? a * (((d - 5) * d + 8) * d - 4) : 0;
};
const triangle = (t: number) => Math.max(0, 1 - Math.abs(t));

/**
 * Interpolation along one axis as a matrix `[to, from]`: row o holds the weights of the pixels around the
 * place of output pixel o. Places outside take the pixel at the border; with antialias the filter is as wide
 * as the step, and cut off at the border.
 */
function interpolationMatrix(
  from: number,
  to: number,
  step: number,
  { mode, alignCorners, antialias }: Required<Pick<ResizeOptions, 'mode' | 'alignCorners' | 'antialias'>>,
): NDArray<'float64'> {
  const distance = !alignCorners ? step : to > 1 ? (from - 1) / (to - 1) : 0;
  const filter = mode === 'bicubic' ? cubic(antialias ? -0.5 : -0.75) : triangle;
  const radius = mode === 'bicubic' ? 2 : 1;
  const matrix = zeros([to, from], 'float64');
  for (let o = 0; o < to; o++) {
    const row = matrix.data.subarray(o * from, (o + 1) * from);
    if (antialias) {
      const width = Math.max(distance, 1);
      const centre = distance * (o + 0.5);
      const start = Math.max(Math.trunc(centre - radius * width + 0.5), 0);
      const stop = Math.min(Math.trunc(centre + radius * width + 0.5), from);
      for (let i = start; i < stop; i++) row[i] = filter((i + 0.5 - centre) / width);
      const total = row.reduce((a, b) => a + b);
      for (let i = start; i < stop; i++) row[i]! /= total;
    } else {
      const at = alignCorners ? distance * o : distance * (o + 0.5) - 0.5;
      const base = Math.floor(at);
      for (let i = base - radius + 1; i <= base + radius; i++) {
        row[Math.min(Math.max(i, 0), from - 1)]! += filter(at - i);
      }
    }
  }
  return matrix;
}

/**
 * A linear map along one axis: `[...before, n, ...after]` → `[...before, m, ...after]` for a matrix `[m, n]`
 * (`[n, m]` when transposed).
 */
export function matmulAlong(
  x: Tensor,
  matrix: NDArray<'float64'>,
  axis: number,
  { transposed = false } = {},
): Tensor {
  const at = normalizeAxis('matmulAlong', axis, x.rank);
  const weights = constant(
    array(matrix.data, { shape: matrix.shape, dtype: x.dtype === 'float64' ? 'float64' : 'float32' }),
  );
  const map = cast(transposed ? transpose(weights) : weights, x.dtype);
  if (at === x.rank - 1) return matmul(x, transpose(map));
  const [before, n, after] = [x.shape.slice(0, at), x.shape[at]!, x.shape.slice(at + 1)];
  const merged = reshape(x, [...before, n, sizeOfShape(after)]);
  return reshape(matmul(map, merged), [...before, map.shape[0]!, ...after]);
}
