import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { writeAnimation } from './animation.js';
import { blank } from './image.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-animation-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Squares that grow brighter, of odd sides. */
const frames = [40, 120, 200].map((value) => {
  const image = blank(15, 9);
  image.data.fill(value);
  return image;
});

it.each(['gif', 'webp'])('writes .%s of so many pictures and so long', async (format) => {
  const path = join(folder, `a.${format}`);
  await writeAnimation(path, frames, { fps: 10 });
  const { pages, delay, width, pageHeight } = await sharp(path, { pages: -1 }).metadata();
  expect({ pages, delay, width, pageHeight }).toEqual({
    pages: 3,
    delay: [100, 100, 100],
    width: 15,
    pageHeight: 9,
  });
  const raw = await sharp(path, { pages: -1 }).removeAlpha().raw().toBuffer();
  for (const [i, value] of [40, 120, 200].entries())
    expect(Math.abs(raw[i * 15 * 9 * 3]! - value)).toBeLessThan(8);
});

const ffmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!ffmpeg) console.warn('animation: MP4 skipped, ffmpeg is not installed');

it.skipIf(!ffmpeg)('writes .mp4', async () => {
  const path = join(folder, 'a.mp4');
  await writeAnimation(path, frames, { fps: 10 });
  const { stdout } = spawnSync('ffmpeg', [
    '-loglevel',
    'error',
    '-i',
    path,
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    'pipe:1',
  ]);
  expect(stdout.length).toBe(3 * 16 * 10 * 3);
  for (const [i, value] of [40, 120, 200].entries())
    expect(Math.abs(stdout[i * 16 * 10 * 3]! - value)).toBeLessThan(8);
});

it('refuses other files before anything is written, and pictures of several sizes', async () => {
  await expect(writeAnimation(join(folder, 'a.avi'), frames)).rejects.toThrow(/written as .gif, .webp, .mp4/);
  await expect(writeAnimation(join(folder, 'b.gif'), [...frames, blank(3, 3)])).rejects.toThrow(
    /several sizes/,
  );
  expect(existsSync(join(folder, 'b.gif'))).toBe(false);
});
