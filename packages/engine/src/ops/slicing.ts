/**
 * @module Parts of tensors, borders around them, and tensors joined: slice, pad, concat.
 */
import {
  addDims,
  ceilDivDim,
  type Dim,
  exactDivDims,
  mulDims,
  type Shape,
  sameDim,
  shapeText,
  subDims,
} from '../dim.js';
import { TensorError } from '../errors.js';
import {
  apply,
  asTensor,
  asTensors,
  expectShape,
  normalizeAxis,
  type Op,
  type Tensor,
  type TensorLike,
} from '../tensor.js';
import { add } from './elementwise.js';
import { sum } from './reduce.js';
import { expandDims, reshape } from './shape.js';

// ---------------------------------------------------------------------------------------------------------
// Slices and padding

interface SliceAttrs {
  readonly axis: number;
  /** First element taken, counted from 0. */
  readonly start: Dim;
  /** First element not taken; -1, with a negative step, is before the first. */
  readonly stop: Dim;
  readonly step: number;
}

const sliceLength = ({ start, stop, step }: Omit<SliceAttrs, 'axis'>): Dim => {
  const length = step > 0 ? ceilDivDim(subDims(stop, start), step) : ceilDivDim(subDims(start, stop), -step);
  return typeof length === 'number' ? Math.max(0, length) : length;
};

/** As the end of an ONNX Slice that walks backwards: down to the first element. */
export const BEFORE_FIRST = -(2 ** 31);

const sliceOp: Op<SliceAttrs> = {
  name: 'slice',
  infer: ([x], attrs) => [
    { dtype: x!.dtype, shape: x!.shape.map((d, i) => (i === attrs.axis ? sliceLength(attrs) : d)) },
  ],
  simplify: ([x], { axis, start, stop, step }) => {
    if (step === 1 && start === 0 && sameDim(stop, x!.shape[axis]!)) return x;
    if (x!.node.op !== (padOp as Op)) return undefined;
    // What was padded, before it was.
    const [source] = x!.node.inputs as [Tensor];
    const { padding } = x!.node.attrs as PadAttrs;
    const elsewhere = padding.some(([b, a], i) => i !== axis && (b !== 0 || a !== 0));
    const [from, to] = [subDims(start, padding[axis]![0]), subDims(stop, padding[axis]![0])];
    const within = sameDim(to, source.shape[axis]!) && typeof from === 'number' && from >= 0;
    return within && !elsewhere && step > 0 ? slice(source, axis, from, to, step) : undefined;
  },
  vjp: ([g], { inputs, attrs }) => [g && unslice(g, inputs[0]!.shape, attrs)],
  lower: (l, node) => {
    const { axis, start, stop, step } = node.attrs;
    const end = stop === -1 ? l.ints([BEFORE_FIRST]) : l.dim(stop);
    const part = l.node('Slice', [...l.inputs(node), l.dim(start), end, l.ints([axis]), l.ints([step])]);
    const [[x], [y]] = [node.inputs as [Tensor], node.outputs as [Tensor]];
    if (!mayBeShort(x, y, axis)) return part;
    // ONNX cuts bounds down to what there is: a Reshape, which copies nothing, refuses what became too short.
    return l.node('Reshape', [part, l.ints(y.shape.map((d, i) => (i === axis ? Number(d) : 0)))]);
  },
  lowerBlocked: (b, { inputs: [x], outputs: [y], attrs: { axis, start, stop, step } }) => {
    if (!b.has(x!) || !b.fits(y!) || mayBeShort(x!, y!, axis)) return undefined;
    const l = b.lowering;
    const unit = axis === 1 ? b.block : 1;
    const whole = unit === 1 || ((start as number) % unit === 0 && step === 1);
    if (!whole) return undefined;
    const [from, to] = unit === 1 ? [start, stop] : [(start as number) / unit, (stop as number) / unit];
    const end = to === -1 ? l.ints([BEFORE_FIRST]) : l.dim(to);
    const at = l.ints([b.axis(axis, x!.rank)]);
    return b.fold(l.node('Slice', [b.unfold(x!), l.dim(from), end, at, l.ints([step])]), y!.shape);
  },
};

/** Whether a slice of fixed length is taken of an axis whose size only the run tells. */
const mayBeShort = (x: Tensor, y: Tensor, axis: number): boolean =>
  typeof x.shape[axis] !== 'number' && typeof y.shape[axis] === 'number';

/** Places the elements of a slice back where they were taken from, among zeros. */
function unslice(g: Tensor, shape: Shape, { axis, start, stop, step }: SliceAttrs): Tensor {
  const size = shape[axis]!;
  if (step < 0) {
    const length = g.shape[axis]!;
    const first = addDims(start, mulDims(step, subDims(length, 1)));
    return unslice(flip(g, axis), shape, { axis, start: first, stop: addDims(start, 1), step: -step });
  }
  if (step === 1) return padAxis(g, axis, start, subDims(size, stop));
  const spread = dilate(g, axis, step);
  // The zeros after the last element may stand out beyond the end.
  const missing = subDims(subDims(size, start), spread.shape[axis]!);
  const fitted =
    typeof missing === 'number' && missing >= 0
      ? padAxis(spread, axis, start, missing)
      : padAxis(slice(padAxis(spread, axis, 0, step), axis, 0, subDims(size, start)), axis, start, 0);
  return fitted;
}

/**
 * Elements `start`, `start + step`, … before `stop` along one axis, as in Python: negative positions count
 * from the end, a negative step walks backwards. Bounds beyond an axis of fixed size are cut down to it; an axis
 * of free size must hold them: where it turns out shorter than a slice of fixed length, the run is an error.
 */
export function slice(x: TensorLike, axis: number, start?: Dim, stop?: Dim, step = 1): Tensor {
  const t = asTensor(x);
  const at = normalizeAxis('slice', axis, t.rank);
  if (!Number.isInteger(step) || step === 0)
    throw new TensorError('slice', `step ${step} is not a non-zero integer`);
  const size = t.shape[at]!;
  const fromEnd = (d: Dim) => (typeof d === 'number' && d < 0 ? addDims(size, d) : d);
  const limit = (d: Dim, low: number, high: Dim) =>
    typeof d === 'number' && typeof high === 'number' ? Math.min(Math.max(d, low), high) : d;
  const last = subDims(size, 1);
  const attrs =
    step > 0
      ? { start: limit(fromEnd(start ?? 0), 0, size), stop: limit(fromEnd(stop ?? size), 0, size) }
      : {
          start: limit(fromEnd(start ?? last), -1, last),
          stop: stop === undefined ? -1 : limit(fromEnd(stop), -1, last),
        };
  return apply(sliceOp, [t], { axis: at, ...attrs, step });
}

/** Reverses the order along one axis. */
export const flip = (x: TensorLike, axis: number): Tensor => slice(x, axis, undefined, undefined, -1);

/**
 * Moves the elements of an axis by `shift` places; those that leave at one end enter at the other. An axis of free
 * size must have at least |shift| elements.
 */
export function roll(x: TensorLike, shift: number, axis: number): Tensor {
  const t = asTensor(x);
  const at = normalizeAxis('roll', axis, t.rank);
  if (!Number.isInteger(shift)) throw new TensorError('roll', `shift ${shift} is not an integer`);
  const size = t.shape[at]!;
  const by = typeof size === 'number' ? shift % Math.max(size, 1) : shift;
  return by === 0 ? t : concat([slice(t, at, -by), slice(t, at, 0, -by)], at);
}

/** Puts `step - 1` zeros after every element along an axis. */
export function dilate(x: TensorLike, axis: number, step: number): Tensor {
  const t = asTensor(x);
  const at = normalizeAxis('dilate', axis, t.rank);
  if (step === 1) return t;
  const spread = padAxis(expandDims(t, at + 1), at + 1, 0, step - 1);
  return reshape(
    spread,
    t.shape.map((d, i) => (i === at ? mulDims(d, step) : d)),
  );
}

export type PadMode = 'constant' | 'reflect' | 'replicate';

interface PadAttrs {
  /** [before, after] for each axis. */
  readonly padding: readonly (readonly [Dim, Dim])[];
  readonly mode: PadMode;
  readonly value: number;
}

const ONNX_PAD_MODES = { constant: 'constant', reflect: 'reflect', replicate: 'edge' } as const;

const padOp: Op<PadAttrs> = {
  name: 'pad',
  infer: ([x], { padding }) => [
    { dtype: x!.dtype, shape: x!.shape.map((d, i) => addDims(d, ...padding[i]!)) },
  ],
  simplify: ([x], { padding }) => (padding.every(([b, a]) => b === 0 && a === 0) ? x : undefined),
  vjp: ([g], { inputs: [x], attrs: { padding, mode } }) => [
    // Padding of several axes is padding of one after the other, so its adjoint is too.
    g &&
      padding.reduce((t, [before, after], axis) => unpad(t, axis, x!.shape[axis]!, before, after, mode), g),
  ],
  lower: (l, node) => {
    const { padding, mode, value } = node.attrs;
    const sizes = l.shape([...padding.map(([b]) => b), ...padding.map(([, a]) => a)]);
    const fill = mode === 'constant' ? [l.scalar(value, node.inputs[0]!.dtype)] : [];
    return l.node('Pad', [...l.inputs(node), sizes, ...fill], { mode: ONNX_PAD_MODES[mode] });
  },
  lowerBlocked: (b, { inputs: [x], outputs: [y], attrs: { padding, mode, value } }) => {
    const channels = padding[1];
    if (!b.has(x!) || !b.fits(y!) || channels?.[0] !== 0 || channels[1] !== 0) return undefined;
    const l = b.lowering;
    const widths = (end: 0 | 1): Dim[] => {
      const all: Dim[] = [0, 0, 0, 0, 0];
      for (const [i, p] of padding.entries()) all[b.axis(i, x!.rank)] = p[end];
      return all;
    };
    const fill = mode === 'constant' ? [l.scalar(value, x!.dtype)] : [];
    const sizes = l.shape([...widths(0), ...widths(1)]);
    return b.fold(l.node('Pad', [b.unfold(x!), sizes, ...fill], { mode: ONNX_PAD_MODES[mode] }), y!.shape);
  },
};

/** The adjoint of padding one axis of size n: adds what the borders received back to where it came from. */
function unpad(g: Tensor, axis: number, n: Dim, before: Dim, after: Dim, mode: PadMode): Tensor {
  const end = addDims(before, n);
  const part = (from: Dim, to: Dim) => slice(g, axis, from, to);
  if (mode === 'constant' || (before === 0 && after === 0)) return part(before, end);
  if (typeof before !== 'number' || typeof after !== 'number') {
    throw new TensorError('pad', `the gradient of ${mode} padding needs fixed widths`);
  }
  const whole = addDims(end, after);
  const edge = (from: Dim, to: Dim) => sum(part(from, to), { axes: axis, keepDims: true });
  if (typeof n !== 'number' || n < before + after + 2) {
    // The borders' parts may overlap: each is added up in full size.
    const last = subDims(n, 1);
    const left = () =>
      mode === 'replicate'
        ? padAxis(edge(0, before), axis, 0, last)
        : padAxis(flip(part(0, before), axis), axis, 1, subDims(last, before));
    const right = () =>
      mode === 'replicate'
        ? padAxis(edge(end, whole), axis, last, 0)
        : padAxis(flip(part(end, whole), axis), axis, subDims(last, after), 1);
    const borders = [...(before > 0 ? [left()] : []), ...(after > 0 ? [right()] : [])];
    return borders.reduce(add, part(before, end));
  }
  if (mode === 'replicate') {
    const inner = part(before + 1, before + n - 1);
    return concat([edge(0, before + 1), inner, edge(before + n - 1, whole)], axis);
  }
  const left = flip(part(0, before), axis);
  const right = flip(part(end, whole), axis);
  // Only elements near the ends receive something: one concatenation instead of full-size sums.
  const rightStart = subDims(end, after + 1);
  return concat(
    [
      part(before, before + 1),
      add(part(before + 1, 2 * before + 1), left),
      part(2 * before + 1, rightStart),
      add(part(rightStart, subDims(end, 1)), right),
      part(subDims(end, 1), end),
    ].filter((t) => t.shape[axis] !== 0),
    axis,
  );
}

/**
 * Widens x at both ends of its last axes.
 *
 * @param padding - [before, after] for each of the last `padding.length` axes, outermost first.
 * @param options.mode - `constant` fills with `value` (0); `reflect` mirrors without repeating the edge;
 *   `replicate` repeats the edge.
 * @throws TensorError when a reflection is wider than the axis allows.
 */
export function pad(
  x: TensorLike,
  padding: readonly (readonly [Dim, Dim])[],
  { mode = 'constant', value = 0 }: { mode?: PadMode; value?: number } = {},
): Tensor {
  const t = asTensor(x);
  const free = t.rank - padding.length;
  if (free < 0) throw new TensorError('pad', `${padding.length} paddings for a tensor of ${t.rank} axes`);
  const all = t.shape.map((_, i): readonly [Dim, Dim] => padding[i - free] ?? [0, 0]);
  for (const [i, widths] of all.entries()) {
    for (const width of widths) {
      const size = t.shape[i]!;
      if (typeof width !== 'number' || typeof size !== 'number') continue;
      const tooWide = mode === 'reflect' ? width >= size && width > 0 : width < 0;
      if (tooWide)
        throw new TensorError(
          'pad',
          `${mode} padding by ${width} does not fit axis ${i} of ${shapeText(t.shape)}`,
        );
    }
  }
  return apply(padOp, [t], { padding: all, mode, value });
}

/** {@link pad} along one axis, which may count from the end. */
export function padAxis(
  x: Tensor,
  axis: number,
  before: Dim,
  after: Dim,
  options: { mode?: PadMode; value?: number } = {},
): Tensor {
  const at = normalizeAxis('pad', axis, x.rank);
  const widths = x.shape.map((_, i): readonly [Dim, Dim] => (i === at ? [before, after] : [0, 0]));
  return pad(x, widths, options);
}

// ---------------------------------------------------------------------------------------------------------
// Several tensors

const concatOp: Op<{ axis: number }> = {
  name: 'concat',
  infer: (inputs, { axis }) => {
    const first = inputs[0]!;
    for (const t of inputs) {
      if (t.dtype !== first.dtype)
        throw new TensorError('concat', `dtypes differ: ${first.dtype} and ${t.dtype}`);
      const rest = first.shape.map((d, i) => (i === axis ? (t.shape[i] ?? 0) : d));
      expectShape('concat', 'an input', t, rest);
    }
    const size = addDims(...inputs.map((t) => t.shape[axis]!));
    return [{ dtype: first.dtype, shape: first.shape.map((d, i) => (i === axis ? size : d)) }];
  },
  simplify: (inputs) => (inputs.length === 1 ? inputs[0] : undefined),
  vjp: ([g], { inputs, attrs: { axis } }) => {
    let start: Dim = 0;
    return inputs.map((t) => {
      const from = start;
      start = addDims(start, t.shape[axis]!);
      return g && slice(g, axis, from, start);
    });
  },
  lower: (l, node) => l.node('Concat', l.inputs(node), { axis: node.attrs.axis }),
  lowerBlocked: (b, { inputs, outputs: [y], attrs: { axis } }) => {
    if (!inputs.every((t) => b.fits(t)) || !inputs.some((t) => b.has(t))) return undefined;
    const parts = inputs.map((t) => b.unfold(t));
    return b.fold(b.lowering.node('Concat', parts, { axis: b.axis(axis, y!.rank) }), y!.shape);
  },
};

/** Joins tensors end to end along an axis. @throws TensorError when the other axes differ. */
export function concat(tensors: readonly TensorLike[], axis = 0): Tensor {
  const list = asTensors(...tensors);
  if (list.length === 0) throw new TensorError('concat', 'needs at least one tensor');
  return apply(concatOp, list, { axis: normalizeAxis('concat', axis, list[0]!.rank) });
}

/** Joins tensors of one shape along a new axis. */
export function stack(tensors: readonly TensorLike[], axis = 0): Tensor {
  return concat(
    asTensors(...tensors).map((t) => expandDims(t, axis)),
    axis,
  );
}

/** Cuts x along an axis into `parts` equal pieces, or into pieces of the given sizes. */
export function split(x: TensorLike, parts: number | readonly Dim[], axis = 0): Tensor[] {
  const t = asTensor(x);
  const at = normalizeAxis('split', axis, t.rank);
  const size = t.shape[at]!;
  const each = typeof parts === 'number' ? exactDivDims(size, parts) : undefined;
  if (typeof parts === 'number' && each === undefined) {
    throw new TensorError('split', `axis ${at} of ${shapeText(t.shape)} does not divide into ${parts} parts`);
  }
  const sizes = typeof parts === 'number' ? Array.from({ length: parts }, () => each!) : parts;
  if (!sameDim(addDims(...sizes), size)) {
    throw new TensorError('split', `sizes ${sizes.join(' + ')} do not add up to ${size}`);
  }
  let start: Dim = 0;
  return sizes.map((d) => {
    const from = start;
    start = addDims(start, d);
    return slice(t, at, from, start);
  });
}
