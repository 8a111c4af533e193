/**
 * @module Features of videos: files, the rows of a segment, batches (section 4).
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NDArray } from '@sextant/engine';
import { InputError, readNpy } from '@sextant/io';
import type { Features } from './captioner.js';
import { PADDING } from './masks.js';

/** Of a video or of a part of it: rgb and flow [Sv, dVid], audio [Sa, dAud]. */
export type VideoFeatures = Features<NDArray<'float32'>>;

/** What the files of a video are called behind its name. */
export const FEATURE_FILES = { rgb: '_rgb.npy', flow: '_flow.npy', audio: '_vggish.npy' } as const;
const NAMES = Object.keys(FEATURE_FILES) as (keyof Features)[];

/** A folder of `<video>_rgb.npy`, `<video>_flow.npy` and `<video>_vggish.npy`. */
export class FeatureFolder {
  private constructor(
    readonly path: string,
    /** Videos that have all three files, ascending. */
    readonly videos: readonly string[],
  ) {}

  /** @throws InputError when it cannot be read, or holds no video's features. */
  static async open(path: string): Promise<FeatureFolder> {
    const entries = await readdir(path).catch((error: Error) => {
      throw new InputError(`${path}: ${error.message}; give a folder of features`);
    });
    const files = new Set(entries);
    const videos = entries
      .filter((name) => name.endsWith(FEATURE_FILES.rgb))
      .map((name) => name.slice(0, -FEATURE_FILES.rgb.length))
      .filter((video) => NAMES.every((name) => files.has(video + FEATURE_FILES[name])));
    if (videos.length === 0) {
      throw new InputError(
        `${path}: no video has its three files there: NAME${Object.values(FEATURE_FILES).join(', NAME')}`,
      );
    }
    return new FeatureFolder(path, videos.sort());
  }

  /** A video's features. @throws InputError when a file is broken, not [rows, width], or rgb and flow differ. */
  async read(video: string): Promise<VideoFeatures> {
    const [rgb, flow, audio] = await Promise.all(
      NAMES.map((name) => readRows(join(this.path, video + FEATURE_FILES[name]))),
    );
    if (rgb!.shape.join() !== flow!.shape.join()) {
      throw new InputError(
        `${join(this.path, video)}: rgb is [${rgb!.shape.join(', ')}], flow is [${flow!.shape.join(', ')}]; they must be alike`,
      );
    }
    return { rgb: rgb!, flow: flow!, audio: audio! };
  }
}

async function readRows(path: string): Promise<NDArray<'float32'>> {
  const { data, shape } = await readNpy(path);
  if (shape.length !== 2 || shape[0] === 0) {
    throw new InputError(`${path}: shape [${shape.join(', ')}]; features are [rows, width]`);
  }
  const values = Float32Array.from(data, Number);
  const bad = values.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw new InputError(`${path}: value ${bad} is ${values[bad]}`);
  return new NDArray(values, shape, 'float32');
}

/** The rows of a segment of seconds, one at least, of a video that lasts `duration`. */
export function cropped(
  { rgb, flow, audio }: VideoFeatures,
  { start, end }: { readonly start: number; readonly end: number },
  duration: number,
): VideoFeatures {
  const rows = (x: NDArray<'float32'>): NDArray<'float32'> => {
    const [count, width] = x.shape as [number, number];
    const at = (seconds: number) => Math.min(Math.max(Math.trunc((count * seconds) / duration), 0), count);
    const from = Math.min(at(start), count - 1);
    const to = Math.max(at(end), from + 1);
    return new NDArray(x.data.slice(from * width, to * width), [to - from, width], 'float32');
  };
  return { rgb: rows(rgb), flow: rows(flow), audio: rows(audio) };
}

/** Features of several as arrays [B, S, d], padded so that networks tell what is padding. */
export function padded(all: readonly VideoFeatures[]): VideoFeatures {
  const stack = (name: keyof Features, fill: number): NDArray<'float32'> => {
    const arrays = all.map((features) => features[name]);
    const length = Math.max(...arrays.map(({ shape }) => shape[0]!));
    const width = arrays[0]!.shape[1]!;
    const data = new Float32Array(all.length * length * width).fill(fill);
    for (const [i, array] of arrays.entries()) data.set(array.data, i * length * width);
    return new NDArray(data, [all.length, length, width], 'float32');
  };
  return { rgb: stack('rgb', PADDING), flow: stack('flow', 0), audio: stack('audio', PADDING) };
}
