/**
 * @module The vocoder in a page: what `import { Vocoder } from '@sextant/vocoder'` gives there.
 */
import { NDArray } from '@sextant/engine';
import { Vocoder } from '@sextant/vocoder';

export interface PageApi {
  /** Loads weights, computes the spectrogram of audio, and speaks it again. */
  speak(weights: readonly number[], audio: readonly number[]): Promise<{ mel: number[]; audio: number[] }>;
  /** What the reader of a bad file is told. */
  refusal(weights: readonly number[]): Promise<string>;
}

const api: PageApi = {
  speak: async (weights, audio) => {
    const vocoder = await Vocoder.load(Uint8Array.from(weights));
    const mel = await vocoder.analyze(Float32Array.from(audio));
    const speech = await vocoder.synthesize(new NDArray(mel.data, mel.shape, mel.dtype));
    return { mel: [...mel.data], audio: [...speech] };
  },
  refusal: (weights) =>
    Vocoder.load(Uint8Array.from(weights)).then(
      () => '',
      (error: Error) => `${error.name}: ${error.message}`,
    ),
};

Object.assign(globalThis, { api });
