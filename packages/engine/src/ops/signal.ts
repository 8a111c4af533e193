/**
 * @module Signals in overlapping frames, and their short-time Fourier transform.
 *
 * A Fourier transform is two matrix products, as long as the square root of a frame each: as fast here as a
 * library's, and with gradients of every order.
 */
import { gradientsBy } from '../backward.js';
import { addDims, type Dim, floorDivDim, mulDims, shapeText, subDims } from '../dim.js';
import { TensorError } from '../errors.js';
import { hannWindow } from '../filters.js';
import { array, type DType, isFloat, type NDArray } from '../ndarray.js';
import {
  apply,
  asTensor,
  asTensors,
  constant,
  expectShape,
  type Op,
  placeholder,
  type Tensor,
  type TensorLike,
} from '../tensor.js';
import { add, broadcastShapes, div, greater, mul, where } from './elementwise.js';
import { clamp } from './functions.js';
import { matmul } from './linalg.js';
import { sumTo } from './reduce.js';
import { broadcastTo, reshape, swapAxes } from './shape.js';
import { concat, type PadMode, padAxis, slice } from './slicing.js';

// ---------------------------------------------------------------------------------------------------------
// Frames

function checkFraming(op: string, size: number, hop: number): void {
  for (const n of [size, hop]) {
    if (!Number.isInteger(n) || n < 1)
      throw new TensorError(op, `frames of ${size} every ${hop} samples do not exist`);
  }
}

/** Frames `[..., frames, size]`, or as columns `[..., size, frames]`. */
function framesOf(op: string, x: Tensor, size: number, hop: number, columns: boolean): Tensor {
  checkFraming(op, size, hop);
  const length = x.shape.at(-1);
  if (length === undefined || (typeof length === 'number' && length < size)) {
    throw new TensorError(op, `${shapeText(x.shape)} is shorter than a frame of ${size}`);
  }
  const count = addDims(floorDivDim(subDims(length, size), hop), 1);
  // A frame is `parts` consecutive rows of the signal cut every hop samples: the frames' first rows are all rows
  // but the last few, their second rows the same shifted by one, and so on.
  const parts = Math.ceil(size / hop);
  const rows = addDims(count, parts - 1);
  const whole = slice(padAxis(x, -1, 0, parts * hop - size), -1, 0, mulDims(rows, hop));
  const cut = reshape(whole, [...x.shape.slice(0, -1), rows, hop]);
  const [view, time, sample] = columns ? [swapAxes(cut, -1, -2), -1, -2] : [cut, -2, -1];
  const shifted = Array.from({ length: parts }, (_, i) =>
    slice(slice(view, time, i, addDims(count, i)), sample, 0, Math.min(hop, size - i * hop)),
  );
  return concat(shifted, sample);
}

/**
 * Overlapping frames of a signal: `[..., T]` → `[..., frames, size]`, frame i from sample i · hop on, with
 * floor((T - size) / hop) + 1 frames; what is left at the end is in none.
 *
 * @throws TensorError when the signal is shorter than a frame.
 */
export const frame = (x: TensorLike, size: number, hop: number): Tensor =>
  framesOf('frame', asTensor(x), size, hop, false);

/**
 * Sum of frames laid at their places: `[..., frames, size]` → `[..., (frames - 1) · hop + size]`. The adjoint of
 * {@link frame}.
 */
export function overlapAdd(frames: TensorLike, hop: number): Tensor {
  const t = asTensor(frames);
  const [count, size] = t.shape.slice(-2) as [Dim, Dim | undefined];
  if (typeof size !== 'number') {
    throw new TensorError(
      'overlapAdd',
      `${shapeText(t.shape)} are not frames of a fixed size: expected [..., frames, size]`,
    );
  }
  checkFraming('overlapAdd', size, hop);
  const parts = Math.ceil(size / hop);
  const full = padAxis(t, -1, 0, parts * hop - size);
  const shifted = Array.from({ length: parts }, (_, i) =>
    padAxis(slice(full, -1, i * hop, (i + 1) * hop), -2, i, parts - 1 - i),
  );
  const signal = reshape(shifted.reduce(add), [
    ...t.shape.slice(0, -2),
    mulDims(addDims(count, parts - 1), hop),
  ]);
  return slice(signal, -1, 0, addDims(mulDims(subDims(count, 1), hop), size));
}

// ---------------------------------------------------------------------------------------------------------
// Short-time Fourier transform

export interface StftOptions {
  /** Samples in a frame; even. */
  readonly nFft: number;
  /** Samples from one frame to the next. A quarter of `winLength` by default. */
  readonly hopLength?: number;
  /** The window's length, `nFft` by default; a shorter one stands in the middle of the frame. */
  readonly winLength?: number;
  /** `[winLength]`; the periodic {@link hannWindow} by default. */
  readonly window?: NDArray;
  /** Whether frame i is centred on sample i · hop, the signal being padded at both ends. True by default. */
  readonly center?: boolean;
  /** How `center` pads; `reflect` by default. */
  readonly padMode?: PadMode;
}

/** A short-time spectrum: real and imaginary parts `[..., nFft / 2 + 1, frames]`. */
export interface Spectrum {
  readonly real: Tensor;
  readonly imag: Tensor;
}

interface Framing {
  readonly nFft: number;
  readonly hop: number;
  /** Of `nFft` elements. */
  readonly window: Float64Array;
  readonly center: boolean;
  readonly padMode: PadMode;
}

function framing(op: string, options: StftOptions): Framing {
  const { nFft, winLength = nFft, center = true, padMode = 'reflect' } = options;
  const { hopLength: hop = Math.floor(winLength / 4), window: given = hannWindow(winLength) } = options;
  if (nFft % 2 !== 0 || winLength > nFft || given.size !== winLength) {
    throw new TensorError(
      op,
      `nFft ${nFft} (an even number), winLength ${winLength} and a window of ${given.size} do not fit`,
    );
  }
  checkFraming(op, nFft, hop);
  const window = new Float64Array(nFft);
  window.set(Array.from(given.data, Number), Math.floor((nFft - winLength) / 2));
  return { nFft, hop, window, center, padMode };
}

/**
 * The transform of n = inner · outer samples in two steps. With sample inner · a + b and bin r + outer · q,
 * it is Σ_b e^(-2πi b (r + outer q) / n) Σ_a e^(-2πi a r / outer) x.
 */
interface Bases {
  /** The sum over a: `[outer r · (re, im), outer a]`. */
  readonly first: Tensor;
  /** For each r the sum over b, for the real parts and the imaginary: `[outer r, q, (re, im) · inner b]`. */
  readonly second: readonly [Tensor, Tensor];
  readonly inner: number;
  readonly outer: number;
}

/** Bases by length and dtype: programs with several transforms store them once. */
const bases = new Map<string, Bases>();

function basesFor(n: number, dtype: DType): Bases {
  const key = `${n} ${dtype}`;
  const known = bases.get(key) ?? makeBases(n, dtype);
  bases.set(key, known);
  return known;
}

function makeBases(n: number, dtype: DType): Bases {
  let outer = Math.floor(Math.sqrt(n));
  while (n % outer !== 0) outer--;
  const inner = n / outer;
  // With all r, these reach beyond bin n / 2.
  const bins = Math.floor(n / 2 / outer) + 1;
  const first = new Float64Array(2 * outer * outer);
  const real = new Float64Array(outer * bins * 2 * inner);
  const imag = new Float64Array(real.length);
  for (let r = 0; r < outer; r++) {
    for (let a = 0; a < outer; a++) {
      const angle = (2 * Math.PI * ((a * r) % outer)) / outer;
      first[2 * r * outer + a] = Math.cos(angle);
      first[(2 * r + 1) * outer + a] = -Math.sin(angle);
    }
    for (let q = 0; q < bins; q++) {
      const row = (r * bins + q) * 2 * inner;
      for (let b = 0; b < inner; b++) {
        const angle = (2 * Math.PI * ((b * (r + outer * q)) % n)) / n;
        real[row + b] = imag[row + inner + b] = Math.cos(angle);
        real[row + inner + b] = Math.sin(angle);
        imag[row + b] = -Math.sin(angle);
      }
    }
  }
  const tensor = (data: Float64Array, shape: number[]) => constant(array(data, { dtype, shape }));
  const shape = [outer, bins, 2 * inner];
  return {
    first: tensor(first, [2 * outer, outer]),
    second: [tensor(real, shape), tensor(imag, shape)],
    inner,
    outer,
  };
}

/** The windowed transform of all frames of a signal `[..., T]`; linear in the signal. */
function transform(x: Tensor, { nFft, hop, window }: Framing): Spectrum {
  const { first, second, inner, outer } = basesFor(nFft, x.dtype);
  const columns = framesOf('stft', x, nFft, hop, true);
  const [batch, count] = [x.shape.slice(0, -1), columns.shape.at(-1)!];
  const samples = mul(columns, constant(array(window, { dtype: x.dtype, shape: [nFft, 1] })));
  const sums = matmul(first, reshape(samples, [...batch, outer, mulDims(inner, count)]));
  const pairs = reshape(sums, [...batch, outer, 2 * inner, count]);
  const [real, imag] = second.map((basis) => {
    // [..., r, q, frames] → [..., q, r, frames]: bins in order.
    const ordered = swapAxes(matmul(basis, pairs), -2, -3);
    const bins = (basis.shape[1] as number) * outer;
    return slice(reshape(ordered, [...batch, bins, count]), -2, 0, nFft / 2 + 1);
  });
  return { real: real!, imag: imag! };
}

/**
 * Short-time Fourier transform of real signals `[..., T]`: bin k of frame i is Σₙ window[n] x[i hop + n] e^(-2πikn/nFft).
 *
 * @throws TensorError when the window does not fit, or the signal is shorter than a frame.
 */
export function stft(x: TensorLike, options: StftOptions): Spectrum {
  const frames = framing('stft', options);
  const { nFft, center, padMode } = frames;
  const t = asTensor(x);
  if (!isFloat(t.dtype) || t.rank === 0) {
    throw new TensorError(
      'stft',
      `${t.dtype} ${shapeText(t.shape)} is not a signal: expected floats [..., T]`,
    );
  }
  return transform(center ? padAxis(t, -1, nFft / 2, nFft / 2, { mode: padMode }) : t, frames);
}

/** Where the squared windows add up to less, no frame says what the signal is. */
const SILENT = 1e-11;

/**
 * The signal `[..., T]` whose spectrum is nearest to the given one: windowed frames added up, divided by the sum
 * of the squared windows. Undoes {@link stft} with the same options.
 *
 * @param options.length - the wanted T, where the signal had samples beyond the last frame's centre; those
 *   beyond the last frame's end are zeros. (frames - 1) · hop by default, with `center`.
 * @throws TensorError when the spectrum does not have nFft / 2 + 1 bins.
 */
export function istft(
  { real, imag }: { readonly real: TensorLike; readonly imag: TensorLike },
  { length, ...options }: StftOptions & { readonly length?: Dim },
): Tensor {
  const frames = framing('istft', options);
  const { nFft, hop, center } = frames;
  const [re, im] = asTensors(real, imag) as [Tensor, Tensor];
  expectShape('istft', 'the imaginary part', im, re.shape);
  if (re.shape.at(-2) !== nFft / 2 + 1) {
    throw new TensorError('istft', `${shapeText(re.shape)} is not [..., ${nFft / 2 + 1}, frames]`);
  }
  const count = re.shape.at(-1)!;
  const whole = addDims(mulDims(subDims(count, 1), hop), nFft);
  // The inverse transform, the window and the overlapping sum are the adjoint of the transform, but for the
  // weights: all bins except the first and the last stand for two, k and nFft - k.
  const weights = Array.from({ length: nFft / 2 + 1 }, (_, k) => (k % (nFft / 2) === 0 ? 1 : 2) / nFft);
  const weighted = (t: Tensor) =>
    mul(t, constant(array(weights, { dtype: t.dtype, shape: [weights.length, 1] })));
  const x = placeholder('signal', { dtype: re.dtype, shape: [...re.shape.slice(0, -2), whole] });
  const spectrum = transform(x, frames);
  const [sum] = gradientsBy([x], [spectrum.real, spectrum.imag], [weighted(re), weighted(im)]) as [Tensor];
  const squares = constant(
    array(
      frames.window.map((w) => w * w),
      { dtype: re.dtype },
    ),
  );
  const weight = overlapAdd(broadcastTo(squares, [count, nFft]), hop);
  const signal = div(sum, where(greater(weight, SILENT), weight, 1));
  const start = center ? nFft / 2 : 0;
  const end = length === undefined ? subDims(whole, start) : addDims(start, length);
  const missing = subDims(end, whole);
  const enough = typeof missing === 'number' && missing > 0 ? padAxis(signal, -1, 0, missing) : signal;
  return slice(enough, -1, start, end);
}

/** Smaller magnitudes do not exist in float32: the squares of their parts are 0. */
const TINY = 1e-20;

const magnitudeOp: Op<{ epsilon: number }> = {
  name: 'magnitude',
  infer: ([a, b]) => [{ dtype: a!.dtype, shape: broadcastShapes('magnitude', a!.shape, b!.shape) }],
  vjp: ([g], { inputs: [a, b], outputs: [y] }) => {
    if (!g) return [];
    // Where y is 0 the parts are too, and so is their product with anything finite.
    const perUnit = div(g, clamp(y!, TINY, Number.POSITIVE_INFINITY));
    return [sumTo(mul(a!, perUnit), a!.shape), sumTo(mul(b!, perUnit), b!.shape)];
  },
  lower: (l, node) => {
    const [a, b] = l.inputs(node) as [string, string];
    const squares = l.node('Add', [l.node('Mul', [a, a]), l.node('Mul', [b, b])]);
    const { epsilon } = node.attrs;
    return l.node('Sqrt', [
      epsilon === 0 ? squares : l.node('Add', [squares, l.scalar(epsilon, node.outputs[0]!.dtype)]),
    ]);
  },
};

/** √(real² + imag² + ε). Where that is 0, its gradient is taken to be 0. */
export function magnitude(real: TensorLike, imag: TensorLike, epsilon = 0): Tensor {
  return apply(magnitudeOp, asTensors(real, imag), { epsilon });
}
