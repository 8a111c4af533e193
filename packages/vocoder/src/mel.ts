/**
 * @module The log-mel front-ends of the two public MelGAN code bases (section 2.1).
 */
import {
  array,
  asTensor,
  div,
  exp,
  istft,
  log,
  magnitude,
  matmul,
  maximum,
  melFilterbank,
  mul,
  type NDArray,
  pad,
  type Spectrum,
  type StftOptions,
  slice,
  squeeze,
  stft,
  swapAxes,
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

/** Log-mel spectrogram log(max(M |STFT|, 1e-5)), and the ways back from it. */
export class MelSpectrogram {
  /** M: [nMelChannels, nFft / 2 + 1] */
  readonly filters: NDArray;
  /** Samples mirrored at either end. */
  readonly padding: number;
  private readonly frames: StftOptions;

  constructor(readonly options: MelOptions) {
    const { nFft, hopLength, winLength, sampleRate, nMelChannels, fmin, fmax, variant } = options;
    this.filters = melFilterbank({
      sampleRate,
      nFft,
      nMels: nMelChannels,
      fmin,
      fmax: fmax ?? sampleRate / 2,
    });
    this.padding = variant === 'melgan' ? Math.floor((nFft - hopLength) / 2) : Math.floor(nFft / 2);
    this.frames = { nFft, hopLength, winLength, center: false };
  }

  /** The value of silence. */
  get silence(): number {
    return this.options.variant === 'melgan' ? Math.log10(FLOOR) : Math.log(FLOOR);
  }

  /** What values lie between: silence and louder than any sound, with a power of ten to spare at either end. */
  get range(): { readonly lowest: number; readonly highest: number } {
    const ten = this.options.variant === 'melgan' ? 1 : Math.LN10;
    return { lowest: this.silence - ten, highest: 3 * ten };
  }

  /** The fewest frames whose audio can be mirrored at its ends. */
  get minimumFrames(): number {
    const { nFft, hopLength } = this.options;
    return Math.floor((3 * this.padding - nFft) / hopLength) + 2;
  }

  /**
   * Audio [B, 1, T] → [B, nMelChannels, frames].
   *
   * @throws TensorError for audio that is too short to be mirrored (T ≤ padding).
   */
  forward(audio: TensorLike): Tensor {
    return this.ofSpectrum(this.spectrum(squeeze(audio, 1)));
  }

  /** The same of audio that has its ends already: frame t is samples t·hop … t·hop + nFft - 1. */
  ofPadded(audio: TensorLike): Tensor {
    return this.ofSpectrum(stft(squeeze(audio, 1), this.frames));
  }

  /** What the front-end sees of audio [..., T]: [..., bins, frames]. */
  spectrum(audio: TensorLike): Spectrum {
    return stft(pad(audio, [[this.padding, this.padding]], { mode: 'reflect' }), this.frames);
  }

  /** The audio [..., frames · hop] whose spectrum is nearest to the given one [..., bins, frames]. */
  audio(spectrum: Spectrum): Tensor {
    const { nFft, hopLength } = this.options;
    const end = this.padding + hopLength - nFft;
    return slice(istft(spectrum, this.frames), -1, this.padding, end === 0 ? undefined : end);
  }

  /**
   * The spectrum of audio [..., frames · hop] in as many frames: {@link spectrum} of the samples that `frames`
   * frames are of, which with centred frames are a hop fewer, and one more where the overlap is odd.
   */
  spectrumOfFrames(audio: Tensor): Spectrum {
    const { nFft, hopLength } = this.options;
    const missing = nFft - hopLength - 2 * this.padding;
    if (missing < 0) return this.spectrum(slice(audio, -1, 0, missing));
    return this.spectrum(missing > 0 ? pad(audio, [[0, missing]], { mode: 'replicate' }) : audio);
  }

  /** Mel magnitudes from their logarithms. */
  magnitudes(logMel: TensorLike): Tensor {
    return exp(this.options.variant === 'melgan' ? mul(logMel, Math.LN10) : asTensor(logMel));
  }

  /**
   * By what to multiply magnitudes h [..., bins, frames] so that their mel spectrum comes nearer to m
   * [..., nMelChannels, frames]: Mᵀ(m / Mh) / Mᵀ1, the multiplicative update of Richardson and Lucy (Lee and
   * Seung's for the Kullback-Leibler divergence). It works on ratios, so that quiet bands come out as well as
   * loud ones. What lies below the floor counts as the floor: silence is not amplified.
   */
  gains(magnitudes: Tensor, mel: Tensor): Tensor {
    const [bands, bins] = this.filters.shape as [number, number];
    const perBin = new Float64Array(bins);
    for (let i = 0; i < bands * bins; i++) perBin[i % bins]! += Number(this.filters.data[i]);
    // Bins that no filter sees are silent.
    const weights = array(
      perBin.map((s) => (s > 0 ? 1 / s : 0)),
      { shape: [bins, 1] },
    );
    const back = mul(swapAxes(this.filters, 0, 1), weights);
    return matmul(back, div(mel, maximum(matmul(this.filters, magnitudes), FLOOR)));
  }

  private ofSpectrum({ real, imag }: Spectrum): Tensor {
    const mel = matmul(this.filters, magnitude(real, imag));
    const logarithm = log(maximum(mel, FLOOR));
    return this.options.variant === 'melgan' ? div(logarithm, Math.LN10) : logarithm;
  }
}
