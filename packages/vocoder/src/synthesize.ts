/**
 * @module Copy-synthesis and synthesis from files: sound or spectrogram in, sound out, in constant memory.
 */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { isFloat, type NDArray } from '@sextant/engine';
import { InputError, openAudio, readNpy, readSafetensors, WavWriter } from '@sextant/io';
import { EXTENSIONS } from './data.js';
import type { StreamOptions, Vocoder } from './infer.js';

export interface SynthesisOptions extends StreamOptions {
  /** Told how many seconds of audio are done, and how many there will be where that is known. */
  readonly onProgress?: (seconds: number, total: number | undefined) => void;
}

/** What was written. */
export interface Synthesis {
  readonly input: string;
  readonly output: string;
  /** Length of the audio. */
  readonly seconds: number;
}

const MEL_EXTENSIONS = new Set(['.npy', '.safetensors']);

/**
 * Makes speech of a sound (copy-synthesis) or of a log-mel spectrogram (`.npy` or `.safetensors`, [80, L]).
 *
 * @param input - a file, or `-` for sound on standard input.
 * @param output - a WAV file, or `-` for standard output. It appears when it is complete.
 * @throws InputError when the input is no sound and no spectrogram of this vocoder, or the output cannot be
 *   written.
 */
export async function synthesizeFile(
  vocoder: Vocoder,
  input: string,
  output: string,
  { onProgress = () => {}, ...options }: SynthesisOptions = {},
): Promise<Synthesis> {
  const { sampleRate } = vocoder;
  const { frames, total } = await melFrames(vocoder, input);
  const writer = await WavWriter.open(output, { sampleRate });
  try {
    for await (const piece of vocoder.stream(frames, options)) {
      await writer.write(piece);
      onProgress(writer.frames / sampleRate, total);
    }
    const seconds = writer.frames / sampleRate;
    await writer.close();
    return { input, output, seconds };
  } finally {
    await writer.abort();
  }
}

/** The same for every sound and spectrogram of a folder, into WAV files of the same names in another. */
export async function* synthesizeFolder(
  vocoder: Vocoder,
  folder: string,
  output: string,
  options: SynthesisOptions = {},
): AsyncGenerator<Synthesis, void, undefined> {
  const names = (await readdir(folder)).sort();
  const inputs = names.filter((name) =>
    [EXTENSIONS, MEL_EXTENSIONS].some((set) => set.has(extname(name).toLowerCase())),
  );
  if (inputs.length === 0) throw new InputError(`${folder} holds no sounds and no spectrograms`);
  await mkdir(output, { recursive: true });
  for (const name of inputs) {
    const target = join(output, `${basename(name, extname(name))}.wav`);
    yield await synthesizeFile(vocoder, join(folder, name), target, options);
  }
}

/** Whether a path is a folder; false where there is nothing. */
export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isDirectory(),
    () => false,
  );

interface MelInput {
  readonly frames: AsyncIterable<NDArray> | Iterable<NDArray>;
  /** Seconds, where they are known. */
  readonly total: number | undefined;
}

/** The log-mel frames of a sound or of a spectrogram file, as they are read. */
export async function melFrames(vocoder: Vocoder, input: string): Promise<MelInput> {
  const { sampleRate, hopLength } = vocoder;
  if (MEL_EXTENSIONS.has(extname(input).toLowerCase())) {
    const mel = await readMel(input, vocoder.front.options.nMelChannels);
    return { frames: [mel], total: (mel.shape[1]! * hopLength) / sampleRate };
  }
  const audio = await openAudio(input, { sampleRate, mono: true });
  return {
    frames: vocoder.analyzeStream(audio),
    total: audio.frames === undefined ? undefined : audio.frames / sampleRate,
  };
}

/** A log-mel spectrogram from a file. @throws InputError when it holds none of `channels` bands. */
export async function readMel(path: string, channels: number): Promise<NDArray> {
  const array = path.toLowerCase().endsWith('.npy')
    ? await readNpy(path)
    : onlyTensor(path, (await readSafetensors(path)).tensors);
  const shape = array.shape.length === 3 && array.shape[0] === 1 ? array.shape.slice(1) : array.shape;
  if (shape.length !== 2 || shape[0] !== channels || !isFloat(array.dtype) || array.dtype === 'float16') {
    throw new InputError(
      `${path}: expected a log-mel spectrogram [${channels}, frames] of float32 or float64, found ${array.dtype} [${array.shape.join(', ')}]`,
    );
  }
  return array.reshape(shape);
}

/** The tensor called `mel`, or the only one. */
function onlyTensor(path: string, tensors: ReadonlyMap<string, NDArray>): NDArray {
  const found = tensors.get('mel') ?? (tensors.size === 1 ? [...tensors.values()][0] : undefined);
  if (!found)
    throw new InputError(`${path} holds ${tensors.size} tensors and none is called mel: store it as mel`);
  return found;
}
