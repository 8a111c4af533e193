/**
 * @module Signals in overlapping frames, and their short-time Fourier transform.
 *
 * Fourier transforms are matrix products with the basis, which for frames of up to a few thousand samples run
 * faster here than the operator DFT and have gradients of every order.
 */
import { addDims, type Dim, floorDivDim, mulDims, shapeText, subDims } from '../dim.js';
import { TensorError } from '../errors.js';
import { array, type DType, isFloat, type NDArray } from '../ndarray.js';
import {
  apply,
  asTensor,
  asTensors,
  constant,
  expectShape,
  type Op,
  type Tensor,
  type TensorLike,
} from '../tensor.js';
import { add, broadcastShapes, div, equal, greater, mul, where } from './elementwise.js';
import { matmul } from './linalg.js';
import { sumTo } from './reduce.js';
import { broadcastTo, concat, type PadMode, pad, reshape, slice, swapAxes } from './shape.js';

// ---------------------------------------------------------------------------------------------------------
// Frames

function checkFraming(op: string, size: number, hop: number): void {
  for (const n of [size, hop]) {
    if (!Number.isInteger(n) || n < 1)
      throw new TensorError(op, `frames of ${size} every ${hop} samples do not exist`);
  }
}

/** Zeros after the last element of an axis, or before the first too. */
const padAxis = (x: Tensor, axis: number, before: Dim, after: Dim): Tensor =>
  pad(x, [[before, after], ...Array<readonly [Dim, Dim]>(-1 - axis).fill([0, 0])]);

/**
 * Overlapping frames of a signal: `[..., T]` → `[..., frames, size]`, frame i from sample i · hop on, with
 * floor((T - size) / hop) + 1 frames; what is left at the end is in none.
 *
 * @throws TensorError when the signal is shorter than a frame.
 */
export function frame(x: TensorLike, size: number, hop: number): Tensor {
  checkFraming('frame', size, hop);
  const t = asTensor(x);
  const length = t.shape.at(-1);
  if (length === undefined || (typeof length === 'number' && length < size)) {
    throw new TensorError('frame', `${shapeText(t.shape)} is shorter than a frame of ${size}`);
  }
  const batch = t.shape.slice(0, -1);
  const frames = addDims(floorDivDim(subDims(length, size), hop), 1);
  // A frame is `parts` consecutive rows of the signal cut every hop samples: the frames' first rows are all rows
  // but the last few, their second rows the same shifted by one, and so on.
  const parts = Math.ceil(size / hop);
  const rows = addDims(frames, parts - 1);
  const whole = slice(padAxis(t, -1, 0, parts * hop - size), -1, 0, mulDims(rows, hop));
  const cut = reshape(whole, [...batch, rows, hop]);
  const shifted = Array.from({ length: parts }, (_, i) => {
    const part = slice(cut, -2, i, addDims(frames, i));
    return slice(part, -1, 0, Math.min(hop, size - i * hop));
  });
  return concat(shifted, -1);
}

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

/** Bases by what they are made of: programs that use one several times then store it once. */
const bases = new Map<string, NDArray>();

function memoized(key: string, make: () => NDArray): NDArray {
  const known = bases.get(key) ?? make();
  bases.set(key, known);
  return known;
}

/** For each sample of a frame, its part in the real parts of all bins, then in the imaginary parts. */
function forwardBasis({ nFft, window }: Framing, dtype: DType): NDArray {
  return memoized(`forward ${nFft} ${dtype} ${window}`, () => {
    const bins = nFft / 2 + 1;
    const basis = new Float64Array(nFft * 2 * bins);
    for (let n = 0; n < nFft; n++) {
      for (let k = 0; k < bins; k++) {
        const angle = (2 * Math.PI * ((n * k) % nFft)) / nFft;
        basis[n * 2 * bins + k] = window[n]! * Math.cos(angle);
        basis[n * 2 * bins + bins + k] = -window[n]! * Math.sin(angle);
      }
    }
    return array(basis, { dtype, shape: [nFft, 2 * bins] });
  });
}

/** For each real, then imaginary part of a bin, its part in the samples of a windowed frame. */
function inverseBasis({ nFft, window }: Framing, dtype: DType): NDArray {
  return memoized(`inverse ${nFft} ${dtype} ${window}`, () => {
    const bins = nFft / 2 + 1;
    const basis = new Float64Array(2 * bins * nFft);
    for (let k = 0; k < bins; k++) {
      // All bins but the first and the last stand for two, k and nFft - k.
      const weight = (k === 0 || k === bins - 1 ? 1 : 2) / nFft;
      for (let n = 0; n < nFft; n++) {
        const angle = (2 * Math.PI * ((n * k) % nFft)) / nFft;
        basis[k * nFft + n] = weight * window[n]! * Math.cos(angle);
        basis[(bins + k) * nFft + n] = -weight * window[n]! * Math.sin(angle);
      }
    }
    return array(basis, { dtype, shape: [2 * bins, nFft] });
  });
}

/**
 * Short-time Fourier transform of real signals `[..., T]`: bin k of frame i is Σₙ window[n] x[i hop + n] e^(-2πikn/nFft).
 *
 * @throws TensorError when the window does not fit, or the signal is shorter than a frame.
 */
export function stft(x: TensorLike, options: StftOptions): Spectrum {
  const frames = framing('stft', options);
  const { nFft, hop, center, padMode } = frames;
  const t = asTensor(x);
  if (!isFloat(t.dtype) || t.rank === 0) {
    throw new TensorError(
      'stft',
      `${t.dtype} ${shapeText(t.shape)} is not a signal: expected floats [..., T]`,
    );
  }
  const signal = center ? pad(t, [[nFft / 2, nFft / 2]], { mode: padMode }) : t;
  const bins = nFft / 2 + 1;
  const both = swapAxes(matmul(frame(signal, nFft, hop), constant(forwardBasis(frames, t.dtype))), -1, -2);
  return { real: slice(both, -2, 0, bins), imag: slice(both, -2, bins) };
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
  const basis = constant(inverseBasis(frames, re.dtype));
  const sum = overlapAdd(matmul(swapAxes(concat([re, im], -2), -1, -2), basis), hop);
  const squares = constant(
    array(
      frames.window.map((w) => w * w),
      { dtype: re.dtype },
    ),
  );
  const weight = overlapAdd(broadcastTo(squares, [count, nFft]), hop);
  const signal = div(sum, where(greater(weight, SILENT), weight, 1));
  const whole = addDims(mulDims(subDims(count, 1), hop), nFft);
  const start = center ? nFft / 2 : 0;
  const end = length === undefined ? subDims(whole, start) : addDims(start, length);
  const missing = subDims(end, whole);
  const enough = typeof missing === 'number' && missing > 0 ? padAxis(signal, -1, 0, missing) : signal;
  return slice(enough, -1, start, end);
}

const magnitudeOp: Op<{ epsilon: number }> = {
  name: 'magnitude',
  infer: ([a, b]) => [{ dtype: a!.dtype, shape: broadcastShapes('magnitude', a!.shape, b!.shape) }],
  vjp: ([g], { inputs: [a, b], outputs: [y] }) => {
    if (!g) return [];
    const zero = equal(y!, 0);
    const perUnit = where(zero, 0, div(g, where(zero, 1, y!)));
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

// ---------------------------------------------------------------------------------------------------------
// Arrays made on the host

/**
 * The Hann window 1/2 - 1/2 cos(2πn / N), float32 `[n]`.
 *
 * @param options.periodic - N is n (for spectra, the default) or n - 1 (symmetric, for filters).
 */
export function hannWindow(n: number, { periodic = true }: { periodic?: boolean } = {}): NDArray<'float32'> {
  const period = periodic || n === 1 ? n : n - 1;
  return array(Float64Array.from({ length: n }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / period)));
}

/** A scale of pitch: from Hz and back. */
interface MelScale {
  readonly fromHz: (f: number) => number;
  readonly toHz: (m: number) => number;
}

const LOG_STEP = Math.log(6.4) / 27;

const MEL_SCALES = {
  /** Linear below 1000 Hz, logarithmic above (Slaney's Auditory Toolbox, librosa's default). */
  slaney: {
    fromHz: (f) => (f < 1000 ? (3 * f) / 200 : 15 + Math.log(f / 1000) / LOG_STEP),
    toHz: (m) => (m < 15 ? (200 * m) / 3 : 1000 * Math.exp(LOG_STEP * (m - 15))),
  },
  /** 2595 log₁₀(1 + f / 700). */
  htk: {
    fromHz: (f) => 2595 * Math.log10(1 + f / 700),
    toHz: (m) => 700 * (10 ** (m / 2595) - 1),
  },
} as const satisfies Record<string, MelScale>;

export interface MelFilterbankOptions {
  readonly sampleRate: number;
  readonly nFft: number;
  readonly nMels: number;
  /** Where the first triangle begins, in Hz; 0 by default. */
  readonly fmin?: number;
  /** Where the last triangle ends, in Hz; half the sampling rate by default. */
  readonly fmax?: number;
  readonly scale?: keyof typeof MEL_SCALES;
  /** `slaney` (the default) gives every triangle the area 1 over Hz; null the height 1. */
  readonly norm?: 'slaney' | null;
}

/**
 * Triangular filters equally spaced on the mel scale, float32 `[nMels, nFft / 2 + 1]`: the mel spectrum is its
 * product with the magnitudes of {@link stft}. As librosa's `filters.mel`.
 */
export function melFilterbank({
  sampleRate,
  nFft,
  nMels,
  fmin = 0,
  fmax = sampleRate / 2,
  scale = 'slaney',
  norm = 'slaney',
}: MelFilterbankOptions): NDArray<'float32'> {
  const { fromHz, toHz } = MEL_SCALES[scale];
  const [lowest, highest] = [fromHz(fmin), fromHz(fmax)];
  const corners = Array.from({ length: nMels + 2 }, (_, i) =>
    toHz(lowest + ((highest - lowest) * i) / (nMels + 1)),
  );
  const bins = Math.floor(nFft / 2) + 1;
  const filters = new Float64Array(nMels * bins);
  for (let i = 0; i < nMels; i++) {
    const [left, peak, right] = corners.slice(i, i + 3) as [number, number, number];
    const height = norm === 'slaney' ? 2 / (right - left) : 1;
    for (let k = 0; k < bins; k++) {
      const f = (k * sampleRate) / nFft;
      const triangle = Math.min((f - left) / (peak - left), (right - f) / (right - peak));
      filters[i * bins + k] = height * Math.max(0, triangle);
    }
  }
  return array(filters, { shape: [nMels, bins] });
}

/**
 * The orthonormal basis of the discrete cosine transform (type II), float32 `[count, n]`: the product with a
 * vector of n numbers is its first `count` coefficients, the product of the transpose with those the inverse.
 */
export function dctBasis(n: number, count = n): NDArray<'float32'> {
  const basis = Float64Array.from({ length: count * n }, (_, i) => {
    const k = Math.floor(i / n);
    return Math.sqrt((k === 0 ? 1 : 2) / n) * Math.cos((Math.PI * k * ((i % n) + 0.5)) / n);
  });
  return array(basis, { shape: [count, n] });
}
