/**
 * @module What programs and files give: spectrograms and samples, checked before anything is computed of them.
 */
import { isFloat, type NDArray } from '@sextant/engine';
import { InputError, widen } from '@sextant/io/web';

/**
 * A log-mel spectrogram as [channels, frames] of float32 or float64.
 *
 * @param mel - [channels, frames] or [1, channels, frames] of any floats.
 * @throws InputError for anything else, and for values that are not finite.
 */
export function checkedMel(mel: NDArray, channels: number): NDArray {
  const wanted = `a log-mel spectrogram, an NDArray [${channels}, frames] of floats`;
  if (!Array.isArray(mel?.shape)) throw new InputError(`expected ${wanted}, got ${typeName(mel)}`);
  const shape = mel.shape.length === 3 && mel.shape[0] === 1 ? mel.shape.slice(1) : mel.shape;
  if (shape.length !== 2 || shape[0] !== channels || !isFloat(mel.dtype)) {
    const hint = shape.length === 2 && shape[1] === channels ? ': transpose it' : '';
    throw new InputError(`expected ${wanted}, got ${mel.dtype} [${mel.shape.join(', ')}]${hint}`);
  }
  const floats = mel.dtype === 'float16' ? widen(mel) : mel;
  const at = notFinite(floats.data as Float32Array);
  if (at >= 0) {
    throw new InputError(
      `the spectrogram holds a value that is not finite (${floats.data[at]}); check how it was made`,
    );
  }
  return floats.reshape(shape);
}

/**
 * Samples of audio, of which `before` came earlier.
 *
 * @throws InputError for anything but a Float32Array, and for a sample that is not finite, by its number.
 */
export function checkedSamples(samples: Float32Array, before = 0): Float32Array {
  if (!(samples instanceof Float32Array)) {
    throw new InputError(`expected samples as a Float32Array, got ${typeName(samples)}`);
  }
  const at = notFinite(samples);
  if (at >= 0) throw new InputError(`sample ${before + at} is ${samples[at]}; check how the sound was made`);
  return samples;
}

/** The error for audio of fewer samples than are needed. */
export const tooShort = (samples: number, minimum: number, sampleRate: number): InputError => {
  const seconds = (minimum / sampleRate).toFixed(3);
  return new InputError(
    `the audio is too short: ${samples} samples at ${sampleRate} Hz, at least ${minimum} (${seconds} s) are needed`,
  );
};

/** Where the first NaN or infinity is, or -1. */
export const notFinite = (values: Float32Array | Float64Array): number => {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
};

const typeName = (value: unknown): string =>
  typeof value === 'object' && value !== null ? value.constructor.name : String(typeof value);
