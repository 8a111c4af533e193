/**
 * @module VGGish: sound to a vector for each 0.96 seconds (section 2 of the specification).
 */
import {
  add,
  constant,
  hannWindow,
  log,
  magnitude,
  matmul,
  maxPool2d,
  NDArray,
  pad,
  relu,
  reshape,
  slice,
  stft,
  type Tensor,
  TensorError,
  type TensorLike,
  transpose,
} from '@sextant/engine';
import { Conv2d, Linear, Module, Sequential } from '@sextant/nn';

/** Samples in a second of the sound that examples are made of. */
export const SAMPLE_RATE = 16_000;
/** Frames of 25 ms every 10 ms. */
const [WINDOW, HOP, FFT] = [400, 160, 512];
const [BANDS, FMIN, FMAX] = [64, 125, 7500];
/** Frames of an example, which follow one another without overlap. */
const EXAMPLE = 96;
const OFFSET = 0.01;

/** Samples that an example is made of, and from one to the next. */
export const [EXAMPLE_SAMPLES, EXAMPLE_STEP] = [(EXAMPLE - 1) * HOP + WINDOW, EXAMPLE * HOP];

/** Seconds of sound in an example. */
export const EXAMPLE_SECONDS = (EXAMPLE * HOP) / SAMPLE_RATE;

const mel = (f: number): number => 1127 * Math.log1p(f / 700);

/** Triangles whose sides are straight over mel, not over Hz [bands, bins]; what is constant counts in none. */
function filterbank(): NDArray<'float32'> {
  const bins = FFT / 2 + 1;
  const [low, high] = [mel(FMIN), mel(FMAX)];
  const edge = (i: number) => low + ((high - low) * i) / (BANDS + 1);
  const filters = new Float32Array(BANDS * bins);
  for (let band = 0; band < BANDS; band++) {
    for (let bin = 1; bin < bins; bin++) {
      const m = mel((bin * SAMPLE_RATE) / FFT);
      const rising = (m - edge(band)) / (edge(band + 1) - edge(band));
      const falling = (edge(band + 2) - m) / (edge(band + 2) - edge(band + 1));
      filters[band * bins + bin] = Math.max(0, Math.min(rising, falling));
    }
  }
  return new NDArray(filters, [BANDS, bins], 'float32');
}

/** The window, and zeros up to the transform's length. */
const window = (): NDArray<'float32'> => {
  const filled = new Float32Array(FFT);
  filled.set(hannWindow(WINDOW).data);
  return new NDArray(filled, [FFT], 'float32');
};

/**
 * Logarithmic mel spectrograms of examples of 0.96 s [N, 96, 64] of sound at 16 kHz [T], from -1 to 1; what is left at the end is
 * dropped.
 *
 * @throws TensorError for less than an example.
 */
export function logMelExamples(sound: TensorLike, samples: number): Tensor {
  const frames = 1 + Math.floor((samples - WINDOW) / HOP);
  const examples = Math.floor(frames / EXAMPLE);
  if (examples < 1) {
    throw new TensorError('logMelExamples', `${samples} samples are less than ${EXAMPLE_SAMPLES}`);
  }
  const { real, imag } = stft(pad(sound, [[0, FFT - WINDOW]]), {
    nFft: FFT,
    hopLength: HOP,
    window: window(),
    center: false,
  });
  const bands = matmul(constant(filterbank()), magnitude(real, imag));
  const rows = transpose(log(add(bands, OFFSET)));
  return reshape(slice(rows, 0, 0, examples * EXAMPLE), [examples, EXAMPLE, BANDS]);
}

export interface VGGishConfig {
  /** Of the six convolutions. */
  readonly convWidths: readonly number[];
  /** Of the hidden linear layers. */
  readonly fcWidths: readonly number[];
  readonly embedding: number;
}

export const VGGISH: VGGishConfig = {
  convWidths: [64, 128, 256, 256, 512, 512],
  fcWidths: [4096, 4096],
  embedding: 128,
};

/** Convolutions after which the picture is halved. */
const POOLED = new Set([0, 1, 3, 5]);

export class VGGish extends Module {
  readonly features: Sequential;
  readonly embeddings: Sequential;

  constructor({ convWidths, fcWidths, embedding }: VGGishConfig = VGGISH) {
    super();
    this.features = new Sequential(
      ...convWidths.flatMap((to, i) => [
        new Conv2d(convWidths[i - 1] ?? 1, to, 3, { padding: 1 }),
        relu,
        ...(POOLED.has(i) ? [(x: Tensor) => maxPool2d(x, 2)] : []),
      ]),
    );
    const flat = (EXAMPLE / 16) * (BANDS / 16) * convWidths.at(-1)!;
    const widths = [flat, ...fcWidths, embedding];
    this.embeddings = new Sequential(
      ...widths.slice(1).flatMap((to, i) => [new Linear(widths[i]!, to), relu]),
    );
  }

  /** Vectors [N, 128] of examples [N, 1, 96, 64]. */
  forward(examples: TensorLike): Tensor {
    // Flattened with channels last, as the network came from TensorFlow.
    const maps = transpose(this.features.forward(examples), [0, 2, 3, 1]);
    return this.embeddings.forward(reshape(maps, [maps.shape[0]!, -1]));
  }
}

/** The released post-processing: principal components, clipped to ±2, as 8 bits. The captioner's features are without it. */
export function quantizeEmbeddings(
  embeddings: ArrayLike<number>,
  { vectors, means }: { readonly vectors: ArrayLike<number>; readonly means: ArrayLike<number> },
): Float64Array {
  const d = means.length;
  return Float64Array.from({ length: embeddings.length }, (_, at) => {
    const [row, component] = [Math.floor(at / d), at % d];
    let sum = 0;
    for (let i = 0; i < d; i++) sum += vectors[component * d + i]! * (embeddings[row * d + i]! - means[i]!);
    return ((Math.min(Math.max(sum, -2), 2) + 2) * 255) / 4;
  });
}
