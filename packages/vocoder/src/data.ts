/**
 * @module Speech for training (section 4): clips of a folder, cut into random segments.
 */
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { NDArray, type Generator as Random } from '@sextant/engine';
import { InputError, readAudio } from '@sextant/io';
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
  const files = names.filter((name) => EXTENSIONS.has(extname(name).toLowerCase())).sort();
  if (files.length === 0)
    throw new InputError(`${folder} holds no audio files (${[...EXTENSIONS].join(', ')})`);
  return files.map((name) => join(folder, name));
}

/** A clip at a sample rate, its channels averaged. */
export async function readClip(path: string, sampleRate: number): Promise<Float32Array> {
  return (await readAudio(path, { sampleRate, mono: true })).samples.data;
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

/** One random segment [1, length] of every clip per epoch, at a random level: peak 0.95 · U(0.3, 1). */
export class TrainingSegments implements Dataset<NDArray<'float32'>> {
  private readonly clips = new Map<string, Promise<Float32Array>>();

  constructor(
    private readonly files: readonly string[],
    private readonly options: SegmentOptions,
  ) {}

  get length(): number {
    return this.files.length;
  }

  async get(index: number, random: Random): Promise<NDArray<'float32'>> {
    const clip = await this.clip(this.files[index]!);
    const { length } = this.options;
    const start = clip.length > length ? random.integer(0, clip.length - length + 1) : 0;
    const gain = random.uniform(0.3, 1);
    return segment(clip, start, length, (gain * PEAK) / Math.max(peakOf(clip), 1e-5), () => 0);
  }

  private clip(path: string): Promise<Float32Array> {
    const known = this.clips.get(path) ?? readClip(path, this.options.sampleRate);
    this.clips.set(path, known);
    return known;
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
