/**
 * @module Pictures one after the other, to files: GIF and WebP, and MP4 by the `ffmpeg` program where it is installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { extname } from 'node:path';
import { Readable as Stream } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { InputError, writeFile } from '@sextant/io';
import sharp from 'sharp';
import type { Image } from './image.js';

/** What {@link writeAnimation} writes. */
export const ANIMATION_FORMATS = ['.gif', '.webp', '.mp4'] as const;

export interface AnimationOptions {
  /** Pictures in a second (20). */
  readonly fps?: number;
}

/** @throws InputError for a path that is no animation's, or an MP4 where ffmpeg is missing. */
export function checkAnimationPath(path: string): void {
  if (!ANIMATION_FORMATS.some((extension) => extension === extname(path).toLowerCase())) {
    throw new InputError(`${path}: an animation is written as ${ANIMATION_FORMATS.join(', ')}`);
  }
  if (extname(path).toLowerCase() === '.mp4' && spawnSync('ffmpeg', ['-version']).error) throw noFfmpeg();
}

const noFfmpeg = (): InputError =>
  new InputError('MP4 is written by ffmpeg, which is not installed: install it, or write .gif or .webp');

/**
 * Writes pictures of one size as an animation, by the path's extension; whole or not at all. GIF and WebP begin again at their end.
 *
 * @throws InputError for another extension, where ffmpeg is missing, or the file cannot be written.
 * @throws RangeError where there are no pictures, or of several sizes.
 */
export async function writeAnimation(
  path: string,
  frames: readonly Image[],
  { fps = 20 }: AnimationOptions = {},
): Promise<void> {
  checkAnimationPath(path);
  const [first] = frames;
  if (!first) throw new RangeError('writeAnimation: there are no pictures');
  const { width, height } = first;
  if (frames.some((f) => f.width !== width || f.height !== height)) {
    throw new RangeError('writeAnimation: pictures of several sizes');
  }
  const bytes =
    extname(path).toLowerCase() === '.mp4'
      ? await encodeMp4(frames, fps)
      : await encodeLoop(frames, fps, extname(path).toLowerCase() === '.gif' ? 'gif' : 'webp');
  await writeFile(path, [bytes]);
}

/** Pictures below one another, which the encoder takes for pages. */
async function encodeLoop(
  frames: readonly Image[],
  fps: number,
  format: 'gif' | 'webp',
): Promise<Uint8Array> {
  const { width, height } = frames[0]!;
  const tall = sharp(Buffer.concat(frames.map(({ data }) => data)), {
    raw: { width, height: height * frames.length, channels: 3, pageHeight: height },
  });
  const delay = frames.map(() => Math.round(1000 / fps));
  const encoded =
    format === 'gif' ? tall.gif({ delay, loop: 0 }) : tall.webp({ delay, loop: 0, quality: 90 });
  return Uint8Array.from(await encoded.toBuffer());
}

/** H.264, which needs even sides. */
async function encodeMp4(frames: readonly Image[], fps: number): Promise<Uint8Array> {
  const { width, height } = frames[0]!;
  const child = spawn(
    'ffmpeg',
    [
      ...['-nostdin', '-hide_banner', '-loglevel', 'error'],
      ...[
        '-f',
        'rawvideo',
        '-pix_fmt',
        'rgb24',
        '-s',
        `${width}x${height}`,
        '-r',
        String(fps),
        '-i',
        'pipe:0',
      ],
      ...['-vf', 'pad=ceil(iw/2)*2:ceil(ih/2)*2', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-crf', '18'],
      ...['-movflags', 'frag_keyframe+empty_moov', '-f', 'mp4', 'pipe:1'],
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const spawned = new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', () => reject(noFfmpeg()));
  });
  await spawned;
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const fed = pipeline(Stream.from(frames.map(({ data }) => data)), child.stdin).catch(() => {});
  const [bytes, said] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  await fed;
  if ((await closed) !== 0) {
    throw new InputError(
      `ffmpeg cannot write MP4: ${said.toString('utf8').trim().split('\n').at(-1) || 'it does not say why'}`,
    );
  }
  return Uint8Array.from(bytes);
}
