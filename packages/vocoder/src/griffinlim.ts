/**
 * @module Speech without a network: the mel filters undone, then phases by Griffin and Lim's iterations.
 *
 * The floor that a vocoder must beat on the same spectrograms.
 */
import {
  array,
  cos,
  div,
  exp,
  full,
  istft,
  magnitude,
  matmul,
  maximum,
  mul,
  type NDArray,
  type Program,
  pad,
  program,
  randomKey,
  randomUniform,
  type Spectrum,
  scan,
  sin,
  slice,
  stft,
  sub,
  swapAxes,
  type Tensor,
  zerosLike,
} from '@sextant/engine';
import { InputError } from '@sextant/io/web';
import { type MelOptions, MelSpectrogram } from './mel.js';

export interface GriffinLimOptions {
  /** 60 by default. */
  readonly iterations?: number;
  /**
   * 0 is the classic algorithm; more is the fast one (Perraudin et al., 2013), with librosa's meaning and
   * default, 0.99.
   */
  readonly momentum?: number;
  /** Draws the phases to begin with; 0 by default. */
  readonly seed?: number;
}

/** Updates of {@link linearMagnitudes}: the mel of their result differs from the given one by 1e-4 (log10). */
const UPDATES = 30;

/** Keeps quotients finite where a filter passes nothing. */
const TINY = 1e-12;

/**
 * Magnitudes h [bins, L] ≥ 0 whose mel spectrum is the given one [nMels, L].
 *
 * The multiplicative updates h ← h · Mᵀ(m / Mh) / Mᵀ1 from h = 1 (Richardson and Lucy; Lee and Seung's for the
 * Kullback-Leibler divergence). The pseudo-inverse, its negative values cut off, misses the mel by 10^0.015 on
 * average, since loud bands decide; these updates work on ratios, so that quiet bands come out as well as loud
 * ones, and the smooth start makes the solution smooth where 80 bands leave 513 bins open.
 */
function linearMagnitudes(filters: NDArray, mel: Tensor): Tensor {
  const [bands, bins] = filters.shape as [number, number];
  const perBin = new Float64Array(bins);
  for (let i = 0; i < bands * bins; i++) perBin[i % bins]! += Number(filters.data[i]);
  // Bins that no filter sees are silent.
  const weights = array(
    perBin.map((s) => (s > 0 ? 1 / s : 0)),
    { shape: [bins, 1] },
  );
  const back = mul(swapAxes(filters, 0, 1), weights);
  const start = full([bins, mel.shape[1]!], 1);
  const [magnitudes] = scan(
    (h: Tensor) => {
      const ratios = div(mel, maximum(matmul(filters, h), TINY));
      return [mul(h, matmul(back, ratios)), []] as const;
    },
    start,
    [],
    { length: UPDATES },
  );
  return magnitudes;
}

/** A signal without its first and last samples. */
const trim = (x: Tensor, before: number, after: number): Tensor =>
  slice(x, 0, before, after === 0 ? undefined : -after);

/** Turns log-mel spectrograms into audio, aligned with the audio they are of. */
export class GriffinLim {
  private readonly front: MelSpectrogram;
  private readonly run: Program<[Tensor], Tensor>;

  /** @throws InputError for frames that overlap by less than half, or fewer than one iteration. */
  constructor(
    readonly options: MelOptions,
    { iterations = 60, momentum = 0.99, seed = 0 }: GriffinLimOptions = {},
  ) {
    const { nFft, hopLength } = options;
    if (2 * hopLength > nFft) {
      throw new InputError(`Griffin-Lim needs frames of at least twice the hop: ${nFft} < 2 · ${hopLength}`);
    }
    if (!Number.isInteger(iterations) || iterations < 1) {
      throw new InputError(`Griffin-Lim cannot do ${iterations} iterations: give a whole number above 0`);
    }
    this.front = new MelSpectrogram(options);
    this.run = program((mel: Tensor) => this.audio(mel, iterations, momentum, seed), {
      name: 'griffinLim',
      inputs: [{ shape: [options.nMelChannels, 'L'] }],
    });
  }

  /**
   * Log-mel spectrogram [nMelChannels, L] → L · hopLength samples. All frames are held in memory, in a few
   * arrays [nFft / 2 + 1, L].
   *
   * @throws InputError for too few frames to be mirrored at their ends.
   */
  async synthesize(mel: NDArray): Promise<Float32Array<ArrayBuffer>> {
    const frames = mel.shape[1] ?? 0;
    const { nFft, hopLength } = this.options;
    const needed = Math.floor((3 * this.front.padding - nFft) / hopLength) + 2;
    if (frames < needed) {
      throw new InputError(`${frames} frames are too few for Griffin-Lim: it needs at least ${needed}`);
    }
    return (await this.run(mel)).data as Float32Array<ArrayBuffer>;
  }

  /** Frees the compiled program. */
  release(): Promise<void> {
    return this.run.release();
  }

  private audio(logMel: Tensor, iterations: number, momentum: number, seed: number): Tensor {
    const { padding, filters } = this.front;
    const { nFft, hopLength, winLength, variant } = this.options;
    const frames = { nFft, hopLength, winLength, center: false };
    const magnitudes = linearMagnitudes(filters, exp(variant === 'melgan' ? mul(logMel, Math.LN10) : logMel));

    const withPhase = ({ real, imag }: Spectrum) =>
      istft({ real: mul(magnitudes, real), imag: mul(magnitudes, imag) }, frames);
    // What the front-end would see of the audio: its ends mirrored, not what the last frames made of them.
    const spectrumOf = (padded: Tensor): Spectrum =>
      stft(pad(trim(padded, padding, padding), [[padding, padding]], { mode: 'reflect' }), frames);

    const angle = mul(randomUniform(randomKey(seed), magnitudes.shape), 2 * Math.PI);
    const phase: Spectrum = { real: cos(angle), imag: sin(angle) };
    const previous: Spectrum = { real: zerosLike(angle), imag: zerosLike(angle) };
    const inertia = momentum / (1 + momentum);
    const [last] = scan(
      (state: { phase: Spectrum; previous: Spectrum }) => {
        const seen = spectrumOf(withPhase(state.phase));
        const real = sub(seen.real, mul(state.previous.real, inertia));
        const imag = sub(seen.imag, mul(state.previous.imag, inertia));
        const size = maximum(magnitude(real, imag), TINY);
        const next = { phase: { real: div(real, size), imag: div(imag, size) }, previous: seen };
        return [next, []] as const;
      },
      { phase, previous },
      [],
      { length: iterations },
    );
    return trim(withPhase(last.phase), padding, nFft - hopLength - padding);
  }
}
