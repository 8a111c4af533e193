import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, Generator } from '@sextant/engine';
import { InputError, writeWav } from '@sextant/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audioFiles, readClip, splitClips, TrainingSegments } from './data.js';

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sextant-data-'));
  for (const name of ['lj', 'lj/text', 'lj/wavs', 'lj/zz', 'empty']) await mkdir(at(name));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const wav = (path: string, samples: number[], sampleRate = 8000) =>
  writeWav(path, { sampleRate, samples: array(samples, { shape: [samples.length, 1] }) }, 'float32');

describe('audioFiles', () => {
  it('says that subfolders are not searched, and which one holds audio', async () => {
    for (const name of ['wavs/b.wav', 'wavs/a.wav', 'zz/c.wav']) await wav(at(`lj/${name}`), [0]);
    await expect(audioFiles(at('lj'))).rejects.toThrow(
      new InputError(
        `${at('lj')} holds no audio files (.wav, .flac, .mp3, .ogg, .opus, .m4a); ` +
          `subfolders are not searched, and ${at('lj/wavs')} holds some: give that one`,
      ),
    );
    await expect(audioFiles(at('empty'))).rejects.toThrow(/subfolders are not searched$/);
    expect(await audioFiles(at('lj/wavs'))).toEqual([at('lj/wavs/a.wav'), at('lj/wavs/b.wav')]);
  });
});

describe('splitClips', () => {
  it('keeps the first by name for validation, and needs one more', async () => {
    const names = ['lj/wavs/a.wav', 'lj/wavs/b.wav'].map(at);
    expect(await splitClips(at('lj/wavs'), 1)).toEqual({ validation: [names[0]], training: [names[1]] });
    await expect(splitClips(at('lj/wavs'), 2)).rejects.toThrow(
      new InputError(`${at('lj/wavs')} holds 2 clips: too few to keep 2 for validation`),
    );
  });
});

describe('readClip', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'names the file and the sample that is %s',
    async (wrong) => {
      await wav(at('wrong.wav'), Array(500).fill(0.1));
      const bytes = await readFile(at('wrong.wav'));
      bytes.writeFloatLE(wrong, bytes.length - 4 * 200);
      await writeFile(at('wrong.wav'), bytes);
      await expect(readClip(at('wrong.wav'), 22_050)).rejects.toThrow(
        new InputError(`${at('wrong.wav')}: sample 300 is ${wrong}`),
      );
    },
  );
});

describe('TrainingSegments', () => {
  it('keeps the clips that were used last, up to a number of bytes', async () => {
    const files = ['0.wav', '1.wav', '2.wav'].map(at);
    for (const file of files) await wav(file, Array(100).fill(0.5));
    const options = { sampleRate: 8000, length: 50, cacheBytes: 2 * 400 };
    const segments = new TrainingSegments(files, options);
    // Clip 0 is used again before clip 2 comes: clip 1 is the one to go.
    for (const index of [0, 1, 0, 2]) await segments.get(index, new Generator(1));
    for (const file of files) await rm(file);
    for (const index of [0, 2]) {
      expect((await segments.get(index, new Generator(1))).shape).toEqual([1, 50]);
    }
    await expect(segments.get(1, new Generator(1))).rejects.toThrow(files[1]!);
  });

  it('counts a clip once that is read twice at the same time', async () => {
    const files = ['3.wav', '4.wav'].map(at);
    for (const file of files) await wav(file, Array(100).fill(0.5));
    const segments = new TrainingSegments(files, { sampleRate: 8000, length: 50, cacheBytes: 2 * 400 });
    await Promise.all([0, 0, 1].map((index) => segments.get(index, new Generator(1))));
    for (const file of files) await rm(file);
    for (const index of [0, 1]) await segments.get(index, new Generator(1));
  });
});
