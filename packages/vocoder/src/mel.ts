/**
 * @module The log-mel front-ends of the two public MelGAN code bases (section 2.1).
 */
import {
  asTensor,
  div,
  log,
  magnitude,
  matmul,
  maximum,
  melFilterbank,
  type NDArray,
  pad,
  squeeze,
  stft,
  type Tensor,
  type TensorLike,
} from '@sextant/engine';

export interface MelOptions {
  readonly nFft: number;
  readonly hopLength: number;
  readonly winLength: number;
  /** Hz */
  readonly sampleRate: number;
  readonly nMelChannels: number;
  /** Hz */
  readonly fmin: number;
  /** Hz; null for half the sample rate. */
  readonly fmax: number | null;
  /**
   * `melgan`: base-10 logarithm, the ends mirrored by (nFft - hop) / 2. `tacotron`: natural logarithm,
   * frames centred (nFft / 2 mirrored), one frame more.
   */
  readonly variant: 'melgan' | 'tacotron';
}

/** What the authors' models were trained on. */
export const PAPER_MEL: MelOptions = {
  nFft: 1024,
  hopLength: 256,
  winLength: 1024,
  sampleRate: 22050,
  nMelChannels: 80,
  fmin: 0,
  fmax: null,
  variant: 'melgan',
};

/** What seungwonpark's models, and NVIDIA's Tacotron 2, were trained on. */
export const TACOTRON_MEL: MelOptions = { ...PAPER_MEL, fmax: 8000, variant: 'tacotron' };

/** Magnitudes below this count as silence. */
const FLOOR = 1e-5;

/** Log-mel spectrogram log(max(M |STFT|, 1e-5)). */
export class MelSpectrogram {
  /** [nMelChannels, nFft / 2 + 1] */
  readonly filters: NDArray;
  /** Samples mirrored at either end. */
  readonly padding: number;

  constructor(readonly options: MelOptions) {
    const { nFft, hopLength, sampleRate, nMelChannels, fmin, fmax, variant } = options;
    this.filters = melFilterbank({
      sampleRate,
      nFft,
      nMels: nMelChannels,
      fmin,
      fmax: fmax ?? sampleRate / 2,
    });
    this.padding = variant === 'melgan' ? Math.floor((nFft - hopLength) / 2) : Math.floor(nFft / 2);
  }

  /** The value of silence. */
  get silence(): number {
    return this.options.variant === 'melgan' ? Math.log10(FLOOR) : Math.log(FLOOR);
  }

  /**
   * Audio [B, 1, T] → [B, nMelChannels, frames].
   *
   * @throws TensorError for audio that is too short to be mirrored (T ≤ padding).
   */
  forward(audio: TensorLike): Tensor {
    return this.ofPadded(pad(asTensor(audio), [[this.padding, this.padding]], { mode: 'reflect' }));
  }

  /** The same of audio that has its ends already: frame t is samples t·hop … t·hop + nFft - 1. */
  ofPadded(audio: TensorLike): Tensor {
    const { nFft, hopLength, winLength, variant } = this.options;
    const { real, imag } = stft(squeeze(audio, 1), { nFft, hopLength, winLength, center: false });
    const mel = matmul(this.filters, magnitude(real, imag));
    const logarithm = log(maximum(mel, FLOOR));
    return variant === 'melgan' ? div(logarithm, Math.LN10) : logarithm;
  }
}
