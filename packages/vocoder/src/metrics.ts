/**
 * @module How far synthesised speech is from the speech that its spectrogram is of.
 */
import {
  abs,
  dctBasis,
  div,
  mean,
  mul,
  NDArray,
  type Program,
  program,
  squeeze,
  sub,
  type Tensor,
} from '@sextant/engine';
import { InputError } from '@sextant/io/web';
import { type MelOptions, MelSpectrogram } from './mel.js';
import { type PitchErrors, pitch, pitchErrors } from './pitch.js';
import { multiResolutionStftDistance } from './spectral.js';
import { stoi } from './stoi.js';

/** For all but `stoi`, less is better. */
export interface SpeechMetrics extends PitchErrors {
  /** Mean absolute difference of the log-mel spectrograms, base 10: the authors' s_error. */
  readonly logMelL1: number;
  /** As {@link multiResolutionStftDistance} defines it. */
  readonly stftDistance: number;
  /** Mel-cepstral distortion in dB: {@link melCepstralDistortion}. */
  readonly mcd: number;
  /** Short-time objective intelligibility, at most 1; NaN for less than 0.4 s of speech. */
  readonly stoi: number;
}

/** Cepstral coefficients of the distortion, the first of them number 1: number 0 is the level. */
const COEFFICIENTS = 13;

/** Samples of the longest window of the STFT distance. */
const SHORTEST = 2048;

/**
 * Mel-cepstral distortion in dB of two log-mel spectrograms [nMels, L], natural logarithm: the mean over frames of
 * 10/ln 10 · √(2 Σ_d Δc_d²), c the orthonormal cosine transform (type II) of a frame, d = 1 … 13. Frames are compared
 * one to one, without warping: copy-synthesis keeps time.
 *
 * @throws RangeError when the shapes differ.
 */
export function melCepstralDistortion(a: NDArray, b: NDArray): number {
  const [bands, frames] = a.shape as [number, number];
  if (a.shape.join() !== b.shape.join()) {
    throw new RangeError(`melCepstralDistortion: [${a.shape}] and [${b.shape}] cannot be compared`);
  }
  const basis = dctBasis(bands, COEFFICIENTS + 1).data;
  let sum = 0;
  for (let t = 0; t < frames; t++) {
    let squares = 0;
    for (let d = 1; d <= COEFFICIENTS; d++) {
      let coefficient = 0;
      for (let i = 0; i < bands; i++) {
        const at = i * frames + t;
        coefficient += basis[d * bands + i]! * (Number(a.data[at]) - Number(b.data[at]));
      }
      squares += coefficient * coefficient;
    }
    sum += Math.sqrt(2 * squares);
  }
  return ((10 / Math.LN10) * sum) / frames;
}

/** Measures synthesised speech against the original. */
export class SpeechComparison {
  private readonly spectra: Program<
    [Tensor, Tensor],
    { mels: { generated: Tensor; reference: Tensor }; logMelL1: Tensor; stftDistance: Tensor }
  >;

  constructor(readonly options: MelOptions) {
    const front = new MelSpectrogram(options);
    const natural = (audio: Tensor) => {
      const mel = squeeze(front.forward(audio), 0);
      return options.variant === 'melgan' ? mul(mel, Math.LN10) : mel;
    };
    this.spectra = program(
      (generated: Tensor, reference: Tensor) => {
        const mels = { generated: natural(generated), reference: natural(reference) };
        return {
          mels,
          logMelL1: div(mean(abs(sub(mels.generated, mels.reference))), Math.LN10),
          stftDistance: multiResolutionStftDistance(generated, reference),
        };
      },
      { name: 'speechComparison', inputs: [{ shape: [1, 1, 'T'] }, { shape: [1, 1, 'T'] }] },
    );
  }

  /**
   * All metrics of a synthesised signal.
   *
   * @throws RangeError when the lengths differ.
   * @throws InputError for fewer than 2048 samples, the longest window.
   */
  async compare(generated: Float32Array, reference: Float32Array): Promise<SpeechMetrics> {
    const { length } = reference;
    if (generated.length !== length) {
      throw new RangeError(`compare: ${generated.length} and ${length} samples cannot be compared`);
    }
    if (length < SHORTEST)
      throw new InputError(`${length} samples are too short to be compared: at least ${SHORTEST}`);
    const batch = (audio: Float32Array) => new NDArray(audio.slice(), [1, 1, length], 'float32');
    const { mels, logMelL1, stftDistance } = await this.spectra(batch(generated), batch(reference));
    const { sampleRate, hopLength } = this.options;
    const melody = (audio: Float32Array) => pitch(audio, sampleRate, { hopLength });
    return {
      logMelL1: logMelL1.item(),
      stftDistance: stftDistance.item(),
      mcd: melCepstralDistortion(mels.generated, mels.reference),
      stoi: stoi(reference, generated, sampleRate),
      ...pitchErrors(melody(generated), melody(reference)),
    };
  }

  /** Frees the compiled program. */
  release(): Promise<void> {
    return this.spectra.release();
  }
}
