/**
 * @module Windows, mel filters and cosine bases: arrays that are made once, on the host.
 */
import { array, type NDArray } from './ndarray.js';

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
 * product with the magnitudes of `stft`. As librosa's `filters.mel`.
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
