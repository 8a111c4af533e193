/**
 * @module The picture of a copy-synthesis: what went in above what came out.
 */
import type { NDArray } from '@sextant/engine';
import { openAudio } from '@sextant/io';
import type { Vocoder } from './infer.js';
import { melFrames } from './input.js';
import { drawSpectrograms, SpectrogramColumns } from './spectrogram.js';

/** PNG of the input's spectrogram and of the audio that was made of it. Reads both files, in little memory. */
export async function drawCopySynthesis(
  vocoder: Vocoder,
  input: string,
  output: string,
): Promise<Uint8Array> {
  const { sampleRate } = vocoder;
  const made = await openAudio(output, { sampleRate, mono: true });
  const columns = async (frames: AsyncIterable<NDArray> | Iterable<NDArray>) => {
    const collected = new SpectrogramColumns(vocoder.front.options.nMelChannels);
    for await (const piece of frames) collected.push(piece);
    return collected;
  };
  const panels = [
    { title: 'input', columns: await columns((await melFrames(vocoder, input)).frames) },
    { title: 'synthesized', columns: await columns(vocoder.analyzeStream(made)) },
  ];
  return drawSpectrograms(panels, vocoder.front.options);
}
