import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeAnimation } from './animation.js';
import { blank, type Image } from './image.js';
import { readVideo } from './video.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-video-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const ffmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!ffmpeg) console.warn('video: skipped, ffmpeg is not installed');

async function all(path: string, fps?: number): Promise<Image[]> {
  const frames: Image[] = [];
  for await (const frame of readVideo(path, fps === undefined ? {} : { fps })) frames.push(frame);
  return frames;
}

describe.skipIf(!ffmpeg)('readVideo', () => {
  const levels = [40, 80, 120, 160, 200];
  const gray = (value: number) => {
    const image = blank(32, 18);
    image.data.fill(value);
    return image;
  };

  it('reads every picture, or at another rate', async () => {
    await writeAnimation(at('a.mp4'), levels.map(gray), { fps: 10 });
    const frames = await all(at('a.mp4'));
    expect(frames.map(({ width, height, data }) => [width, height, data.length])).toEqual(
      levels.map(() => [32, 18, 32 * 18 * 3]),
    );
    for (const [i, { data }] of frames.entries()) expect(Math.abs(data[100]! - levels[i]!)).toBeLessThan(8);
    expect(await all(at('a.mp4'), 20)).toHaveLength(10);
  });

  it('may be left early', async () => {
    for await (const { width } of readVideo(at('a.mp4'))) {
      expect(width).toBe(32);
      break;
    }
  });

  it('says what it cannot read', async () => {
    writeFileSync(at('text.mp4'), 'no video');
    await expect(all(at('text.mp4'))).rejects.toThrow(/text.mp4: ffmpeg cannot read it/);
    await expect(all(at('missing.mp4'))).rejects.toThrow(/missing.mp4: .*No such file/);
    const args = ['-f', 'lavfi', '-i', 'sine=duration=0.1', at('sound.wav')];
    expect(spawnSync('ffmpeg', ['-loglevel', 'error', ...args]).status).toBe(0);
    await expect(all(at('sound.wav'))).rejects.toThrow(/sound.wav: .*it holds no pictures/);
  });
});
