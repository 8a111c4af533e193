import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualSeed } from '@sextant/nn';
import { afterAll, describe, expect, it } from 'vitest';
import { FeatureExtractor, stacksOf } from './extract.js';
import { I3D } from './i3d.js';
import { VGGish } from './vggish.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-extract-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ffmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!ffmpeg) console.warn('extract: skipped, ffmpeg is not installed');

/** A moving test picture, and a tone. */
function video(name: string, seconds: number, { sound = seconds } = {}): string {
  const path = join(folder, name);
  const { status } = spawnSync('ffmpeg', [
    ...['-loglevel', 'error', '-f', 'lavfi', '-i', `testsrc=size=64x64:rate=25:duration=${seconds}`],
    ...(sound > 0 ? ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${sound}`] : []),
    ...['-c:v', 'mjpeg', path],
  ]);
  expect(status).toBe(0);
  return path;
}

describe.skipIf(!ffmpeg)('FeatureExtractor', { timeout: 240_000 }, () => {
  manualSeed(1);
  // Their first layers: what is tried is what they are given.
  const extractor = new FeatureExtractor({
    rgb: new I3D(3, 'conv3d_1a_7x7'),
    flow: new I3D(2, 'conv3d_1a_7x7'),
    vggish: new VGGish({ convWidths: [2, 2, 2, 2, 2, 2], fcWidths: [4, 4], embedding: 3 }),
  });
  afterAll(() => extractor.release());

  it('takes 64 pictures and the next one at a time, and the last ones again and again', async () => {
    const counts = [];
    for await (const stack of stacksOf(video('long.mkv', 3.2))) counts.push(new Set(stack).size);
    // 80 pictures of 25 a second: 65, then the last 16.
    expect(counts).toEqual([65, 16]);
    const left = [];
    // 68 pictures: 4 more than 64 are too few.
    for await (const stack of stacksOf(video('rest.mkv', 2.7))) left.push(stack.length);
    expect(left).toEqual([65]);
  });

  it('makes rows of pictures, of their flow and of each 0.96 s of sound', async () => {
    const { rgb, flow, audio } = await extractor.extract(video('a.mkv', 0.6, { sound: 3.2 }));
    expect([rgb.shape, flow.shape, audio.shape]).toEqual([
      [1, 64],
      [1, 64],
      [3, 3],
    ]);
    for (const { data } of [rgb, flow, audio]) expect(data.every(Number.isFinite)).toBe(true);
    expect(new Set(flow.data).size).toBeGreaterThan(32);
  });

  it('says what a file lacks', async () => {
    await expect(extractor.extract(video('short.mkv', 0.3, { sound: 1.2 }))).rejects.toThrow(/too short/);
    await expect(extractor.extract(video('still.mkv', 1.2, { sound: 0 }))).rejects.toThrow(/holds no sound/);
    await expect(extractor.extract(join(folder, 'missing.mkv'))).rejects.toThrow(/missing.mkv/);
  });
});
