/**
 * @module Copy-synthesis and synthesis from files: sound or spectrogram in, sound out, in constant memory.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { InputError, isFolder, makeFolder, refuseOverwriting, WavWriter } from '@sextant/io';
import type { StreamOptions, Vocoder } from './infer.js';
import { isInput, melFrames, named } from './input.js';

/** How far the synthesis is. */
export interface SynthesisProgress {
  readonly input: string;
  /** Which of how many files this is, from 1. */
  readonly file: number;
  readonly files: number;
  /** Seconds of its audio that are done. */
  readonly seconds: number;
  /** Seconds there will be, where that is known. */
  readonly total: number | undefined;
}

export interface SynthesisOptions extends StreamOptions {
  readonly onProgress?: (progress: SynthesisProgress) => void;
  /** Told, in one line, what the user should know of the input. */
  readonly onMessage?: (line: string) => void;
}

/** What was written. */
export interface Synthesis {
  readonly input: string;
  readonly output: string;
  /** Length of the audio. */
  readonly seconds: number;
}

/** Why nothing was. */
export interface SynthesisFailure {
  readonly input: string;
  readonly error: string;
}

/**
 * Makes speech of a sound (copy-synthesis) or of a log-mel spectrogram (`.npy`, `.npz` or `.safetensors`, [80, L]).
 *
 * @param input - a file, or `-` for sound on standard input.
 * @param output - a WAV file, or `-` for standard output. It appears when it is complete.
 * @throws InputError when the input is no sound and no spectrogram of this vocoder, or the output cannot be
 *   written, is the input, or is a file not called `.wav`.
 */
export async function synthesizeFile(
  vocoder: Vocoder,
  input: string,
  output: string,
  { onProgress = () => {}, onMessage = () => {}, ...options }: SynthesisOptions = {},
): Promise<Synthesis> {
  await refuseOtherExtensions(output);
  await refuseOverwriting([input], [output]);
  const { sampleRate } = vocoder;
  let writer: WavWriter | undefined;
  try {
    await named(input, async () => {
      const { frames, total, warning } = await melFrames(vocoder, input);
      if (warning !== undefined) onMessage(warning);
      for await (const piece of vocoder.stream(frames, options)) {
        // Not before there is something to write: a pipe would get a header and then an error.
        writer ??= await WavWriter.open(output, { sampleRate });
        await writer.write(piece);
        onProgress({ input, file: 1, files: 1, seconds: writer.frames / sampleRate, total });
      }
    });
    await writer?.close();
    return { input, output, seconds: (writer?.frames ?? 0) / sampleRate };
  } finally {
    await writer?.abort();
  }
}

/**
 * The same for every sound and spectrogram of a folder, into WAV files in another. They have the inputs' names;
 * where inputs differ by extension only, the whole of it: `a.mp3.wav`. A file that cannot be spoken does not keep
 * the others from it. Subfolders are not searched.
 *
 * @throws InputError when there is nothing to speak, or an output would replace an input.
 */
export async function* synthesizeFolder(
  vocoder: Vocoder,
  folder: string,
  output: string,
  options: SynthesisOptions = {},
): AsyncGenerator<Synthesis | SynthesisFailure, void, undefined> {
  const { files, subfolders } = await folderFiles(folder, output);
  if (subfolders > 0) {
    options.onMessage?.(
      `${folder}: ${subfolders} ${subfolders === 1 ? 'subfolder is' : 'subfolders are'} not searched`,
    );
  }
  await makeFolder(output);
  for (const [i, { input, target }] of files.entries()) {
    const onProgress = (progress: SynthesisProgress) =>
      options.onProgress?.({ ...progress, file: i + 1, files: files.length });
    try {
      yield await synthesizeFile(vocoder, input, target, { ...options, onProgress });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      yield { input, error: error.message };
    }
  }
}

/** The sounds and spectrograms of a folder and where their audio goes, and how many folders are in it. */
async function folderFiles(folder: string, output: string) {
  if (output === '-')
    throw new InputError('a folder cannot be spoken to standard output: give a folder (-o)');
  const existing = await stat(output).catch(() => undefined);
  if (existing && !existing.isDirectory()) {
    throw new InputError(`${output} is a file, but ${folder} a folder: give a folder for the outputs`);
  }
  await refuseOverwriting([folder], [output]);
  const entries = await readdir(folder);
  const areFolders = await Promise.all(entries.map((name) => isFolder(join(folder, name))));
  const names = entries.filter((name, i) => !areFolders[i] && isInput(name)).sort();
  if (names.length === 0) throw new InputError(`${folder} holds no sounds and no spectrograms`);
  const stem = (name: string) => basename(name, extname(name));
  // A stem is used where nothing else has it, be it as stem or as name; to some file systems a.wav is A.WAV.
  const claims = new Map<string, number>();
  for (const claim of [...names, ...names.map(stem)].map((name) => name.toLowerCase())) {
    claims.set(claim, (claims.get(claim) ?? 0) + 1);
  }
  const isFree = (name: string) => claims.get(name.toLowerCase()) === 1;
  const files = names.map((name) => ({
    input: join(folder, name),
    target: join(output, `${isFree(stem(name)) ? stem(name) : name}.wav`),
  }));
  await refuseOverwriting(
    files.map(({ input }) => input),
    files.map(({ target }) => target),
  );
  return { files, subfolders: areFolders.filter(Boolean).length };
}

/** @throws InputError for a file whose name says that it is no WAV. Devices and pipes may be called anything. */
async function refuseOtherExtensions(output: string): Promise<void> {
  if (output === '-' || extname(output).toLowerCase() === '.wav') return;
  const existing = await stat(output).catch(() => undefined);
  if (existing && !existing.isFile()) return;
  throw new InputError(`${output}: what is written is WAV; give the file the extension .wav`);
}
