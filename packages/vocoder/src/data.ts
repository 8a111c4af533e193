/**
 * @module Speech for training (section 4): clips of a folder, cut into random segments.
 */
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { NDArray, type Generator as Random } from '@sextant/engine';
import { InputError, readAudio, resample, within } from '@sextant/io';
import type { Dataset } from '@sextant/train';

/** Names of files that are taken for sound. */
export const EXTENSIONS: ReadonlySet<string> = new Set(['.wav', '.flac', '.mp3', '.ogg', '.opus', '.m4a']);

/** Peak that clips are scaled to before the random gain. */
const PEAK = 0.95;

/** The audio files of a folder, in order of their names. @throws InputError when there are none. */
export async function audioFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => {
    throw new InputError(`cannot read the folder ${folder}: check the path`);
  });
  const files = audioAmong(names);
  if (files.length === 0) {
    const inside = await firstWithAudio(names.sort().map((name) => join(folder, name)));
    const hint = inside ? `, and ${inside} holds some: give that one` : '';
    throw new InputError(
      `${folder} holds no audio files (${[...EXTENSIONS].join(', ')}); subfolders are not searched${hint}`,
    );
  }
  return files.map((name) => join(folder, name));
}

const audioAmong = (names: readonly string[]): string[] =>
  names.filter((name) => EXTENSIONS.has(extname(name).toLowerCase())).sort();

async function firstWithAudio(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const names = await readdir(path).catch(() => []);
    if (audioAmong(names).length > 0) return path;
  }
  return undefined;
}

/**
 * The clips of a folder, split as the authors do: the first ones by name are kept for validation.
 *
 * @throws InputError when there are none left to train on.
 */
export async function splitClips(
  folder: string,
  validationFiles: number,
): Promise<{ validation: string[]; training: string[] }> {
  const files = await audioFiles(folder);
  if (files.length <= validationFiles) {
    throw new InputError(
      `${folder} holds ${files.length} clips: too few to keep ${validationFiles} for validation`,
    );
  }
  return { validation: files.slice(0, validationFiles), training: files.slice(validationFiles) };
}

/** A clip at a sample rate, its channels averaged. @throws InputError when a sample is not finite. */
export async function readClip(path: string, sampleRate: number): Promise<Float32Array> {
  // Resampled afterwards: it would spread what is not finite.
  const { samples, sampleRate: own } = await readAudio(path, { mono: true });
  const wrong = samples.data.findIndex((v) => !Number.isFinite(v));
  if (wrong >= 0) throw new InputError(`${path}: sample ${wrong} is ${samples.data[wrong]}`);
  return within(path, () => resample(samples.data, own, sampleRate));
}

/** Decoded clips by path. Those that were used longest ago are dropped when all take more than some bytes. */
class ClipCache {
  /** In the order of their last use. */
  private readonly clips = new Map<string, Float32Array>();
  private bytes = 0;

  constructor(
    private readonly sampleRate: number,
    private readonly maxBytes: number,
  ) {}

  async get(path: string): Promise<Float32Array> {
    const clip = this.clips.get(path) ?? (await readClip(path, this.sampleRate));
    this.drop(path);
    this.clips.set(path, clip);
    this.bytes += clip.byteLength;
    for (const oldest of this.clips.keys()) {
      if (this.bytes <= this.maxBytes) break;
      this.drop(oldest);
    }
    return clip;
  }

  private drop(path: string): void {
    this.bytes -= this.clips.get(path)?.byteLength ?? 0;
    this.clips.delete(path);
  }
}

/** `length` samples from `start` on, times `gain`: [1, length]. Beyond the clip's end come `beyond`'s. */
function segment(
  clip: Float32Array,
  start: number,
  length: number,
  gain: number,
  beyond: (i: number) => number,
): NDArray<'float32'> {
  const data = Float32Array.from({ length }, (_, i) => gain * (clip[start + i] ?? beyond(start + i)));
  return new NDArray(data, [1, length], 'float32');
}

const peakOf = (clip: Float32Array): number => clip.reduce((m, v) => Math.max(m, Math.abs(v)), 0);

export interface SegmentOptions {
  /** Hz */
  readonly sampleRate: number;
  /** Samples per segment. */
  readonly length: number;
}

/** 1.7 hours at 22,050 Hz. */
const CACHE_BYTES = 512 * 2 ** 20;

/** One random segment [1, length] of every clip per epoch, at a random level: peak 0.95 · U(0.3, 1). */
export class TrainingSegments implements Dataset<NDArray<'float32'>> {
  private readonly clips: ClipCache;

  /** @param options - `cacheBytes`: of decoded clips that are kept in memory (512 MiB). */
  constructor(
    private readonly files: readonly string[],
    private readonly options: SegmentOptions & { readonly cacheBytes?: number },
  ) {
    this.clips = new ClipCache(options.sampleRate, options.cacheBytes ?? CACHE_BYTES);
  }

  get length(): number {
    return this.files.length;
  }

  async get(index: number, random: Random): Promise<NDArray<'float32'>> {
    const clip = await this.clips.get(this.files[index]!);
    const { length } = this.options;
    const start = clip.length > length ? random.integer(0, clip.length - length + 1) : 0;
    const gain = random.uniform(0.3, 1);
    return segment(clip, start, length, (gain * PEAK) / Math.max(peakOf(clip), 1e-5), () => 0);
  }
}

/**
 * The first `length` samples [1, length] of every clip, at peak 0.95: the same every time. Short clips are
 * repeated: digital silence, which no training segment holds for long, would outweigh the speech.
 */
export class ValidationSegments implements Dataset<NDArray<'float32'>> {
  constructor(
    private readonly files: readonly string[],
    private readonly options: SegmentOptions,
  ) {}

  get length(): number {
    return this.files.length;
  }

  async get(index: number): Promise<NDArray<'float32'>> {
    const clip = await readClip(this.files[index]!, this.options.sampleRate);
    const gain = PEAK / Math.max(peakOf(clip), 1e-5);
    return segment(clip, 0, this.options.length, gain, (i) => clip[i % clip.length]!);
  }
}
