/**
 * @module Speech without a network: the mel filters undone, then phases by Griffin and Lim's iterations.
 *
 * The floor that a vocoder must beat on the same spectrograms.
 */
import {
  cos,
  div,
  full,
  magnitude,
  maximum,
  mul,
  type NDArray,
  type Program,
  program,
  randomKey,
  randomUniform,
  type Spectrum,
  scan,
  sin,
  sub,
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

/** Updates of the magnitudes: the mel of their result differs from the given one by 1e-4 (log10). */
const UPDATES = 30;

/** Keeps quotients finite where there is no phase. */
const TINY = 1e-12;

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
    const needed = this.front.minimumFrames;
    if (frames < needed) {
      throw new InputError(`${frames} frames are too few for Griffin-Lim: it needs at least ${needed}`);
    }
    return (await this.run(mel)).data as Float32Array<ArrayBuffer>;
  }

  /** Frees the compiled program. */
  release(): Promise<void> {
    return this.run.release();
  }

  /**
   * Magnitudes h [bins, L] ≥ 0 whose mel spectrum is the given one [nMels, L], from h = 1. The pseudo-inverse,
   * its negative values cut off, misses the mel by 10^0.015 on average, since loud bands decide; and the smooth
   * start makes the solution smooth where 80 bands leave 513 bins open.
   */
  private linearMagnitudes(mel: Tensor): Tensor {
    const start = full([this.options.nFft / 2 + 1, mel.shape[1]!], 1);
    const [magnitudes] = scan((h: Tensor) => [mul(h, this.front.gains(h, mel)), []] as const, start, [], {
      length: UPDATES,
    });
    return magnitudes;
  }

  private audio(logMel: Tensor, iterations: number, momentum: number, seed: number): Tensor {
    const { front } = this;
    const magnitudes = this.linearMagnitudes(front.magnitudes(logMel));
    const withPhase = ({ real, imag }: Spectrum) =>
      front.audio({ real: mul(magnitudes, real), imag: mul(magnitudes, imag) });

    const angle = mul(randomUniform(randomKey(seed), magnitudes.shape), 2 * Math.PI);
    const phase: Spectrum = { real: cos(angle), imag: sin(angle) };
    const previous: Spectrum = { real: zerosLike(angle), imag: zerosLike(angle) };
    const inertia = momentum / (1 + momentum);
    const [last] = scan(
      (state: { phase: Spectrum; previous: Spectrum }) => {
        const seen = front.spectrumOfFrames(withPhase(state.phase));
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
    return withPhase(last.phase);
  }
}
