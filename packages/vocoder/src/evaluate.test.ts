import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { array, type NDArray } from '@sextant/engine';
import { writeWav } from '@sextant/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audioFiles } from './data.js';
import { type ClipEvaluation, clipTable, evaluateVocoder, evaluationTable } from './evaluate.js';
import { PAPER_MEL } from './mel.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sextant-evaluate-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Half a second of tones that swell. */
const clip = (frequency: number): Float32Array =>
  Float32Array.from({ length: 43 * 256 + 100 }, (_, n) => {
    const angle = (2 * Math.PI * frequency * n) / 22050;
    return (
      0.3 *
      (1 - Math.cos(n / 900)) *
      (Math.sin(angle) + 0.5 * Math.sin(3 * angle) + 0.2 * Math.sin(11 * angle))
    );
  });

const wav = (name: string, audio: Float32Array) =>
  writeWav(
    join(folder, name),
    { sampleRate: 22050, samples: array(audio, { shape: [audio.length, 1] }) },
    'float32',
  );

/** Knows the clips, so that what it should be measured as is known too. */
const quieter = (clips: Float32Array[], gain: number) => {
  const calls = [clips[0]!, ...clips];
  return {
    synthesize: async () =>
      calls
        .shift()!
        .slice(0, 43 * 256)
        .map((v) => gain * v),
  };
};

describe('evaluation', () => {
  const clips = [clip(150), clip(230)];

  it('measures every clip, and Griffin-Lim beside the vocoder', async () => {
    await wav('b.wav', clips[1]!);
    await wav('a.wav', clips[0]!);
    const seen: [string, number, number][] = [];
    const options = {
      mel: PAPER_MEL,
      files: await audioFiles(folder),
      griffinLim: { iterations: 2 },
      onClip: (c: ClipEvaluation, done: number, total: number) => seen.push([c.clip, done, total]),
    };
    const result = await evaluateVocoder({ ...options, vocoder: quieter(clips, 0.5) });
    expect(seen).toEqual([
      ['a.wav', 1, 2],
      ['b.wav', 2, 2],
    ]);
    for (const { vocoder, griffinLim, seconds } of result.clips) {
      expect(seconds).toBeCloseTo((43 * 256 + 100) / 22050, 9);
      expect(vocoder.stftDistance).toBeLessThan(0.5 + Math.LN2 + 1e-5);
      expect(vocoder.stoi).toBeCloseTo(1, 6);
      expect(vocoder.f0RmseCents).toBeCloseTo(0, 4);
      expect(griffinLim.stoi).toBeLessThan(0.999);
      expect(griffinLim.realTimeFactor).toBeGreaterThan(0);
    }
    const [a, b] = result.clips.map((c) => c.griffinLim) as [never, never];
    const { means } = result;
    for (const metric of ['logMelL1', 'stftDistance', 'mcd', 'stoi', 'f0FrameError'] as const)
      expect(means.griffinLim[metric]).toBeCloseTo((a[metric] + b[metric]) / 2, 12);

    // Again, and everything but the times is the same.
    const again = await evaluateVocoder({ ...options, vocoder: quieter(clips, 0.5) });
    const timeless = ({ clips }: typeof result) =>
      clips.map(({ vocoder, griffinLim }) => [vocoder, griffinLim].map((m) => ({ ...m, realTimeFactor: 0 })));
    expect(timeless(again)).toEqual(timeless(result));

    const table = evaluationTable(result);
    expect(table.map((row) => row.method)).toEqual(['vocoder', 'Griffin-Lim']);
    expect(table[0]!['MCD dB ↓']).toBe(means.vocoder.mcd.toFixed(2));
    const rows = clipTable(result);
    expect(rows.map((row) => row.clip)).toEqual(['a.wav', 'a.wav', 'b.wav', 'b.wav']);
    expect(rows[2]!['STOI ↑']).toBe(result.clips[1]!.vocoder.stoi.toFixed(4));
    const silent = { ...means.vocoder, f0RmseCents: Number.NaN };
    expect(evaluationTable({ ...result, means: { ...means, vocoder: silent } })[0]!['F0 cents ↓']).toBe('–');
  });

  it('lists a clip that is too short, by name, and goes on; alone, it is refused', async () => {
    await wav('0.wav', new Float32Array(4000));
    const files = await audioFiles(folder);
    const tooShort = /0\.wav: 0\.181 s are too short/;
    const evaluation = await evaluateVocoder({ mel: PAPER_MEL, files, vocoder: quieter(clips, 1) });
    expect(evaluation.clips.map(({ clip }) => clip)).toEqual(['a.wav', 'b.wav']);
    expect(evaluation.failed).toEqual([{ file: files[0], error: expect.stringMatching(tooShort) }]);
    const alone = evaluateVocoder({ mel: PAPER_MEL, files: files.slice(0, 1), vocoder: quieter(clips, 1) });
    await expect(alone).rejects.toThrow(tooShort);
  });

  it('refuses a sample that is not finite, by name', async () => {
    const audio = clips[0]!;
    await wav('nan.wav', audio);
    const path = join(folder, 'nan.wav');
    const bytes = readFileSync(path);
    bytes.writeFloatLE(Number.NaN, bytes.length - 4 * (audio.length - 77));
    writeFileSync(path, bytes);
    const evaluation = evaluateVocoder({ mel: PAPER_MEL, files: [path], vocoder: quieter(clips, 1) });
    await expect(evaluation).rejects.toThrow(/nan\.wav: sample 77 is NaN/);
  });

  const speech = fileURLToPath(new URL('../../../../shared/data/speech/LJ001-0002.wav', import.meta.url));
  const there = existsSync(speech);
  if (!there) console.warn('skipped: ../shared/data/speech is not there');
  it.runIf(there)('of speech: Griffin-Lim as good as one in NumPy', async () => {
    const silence = { synthesize: async ({ shape }: NDArray) => new Float32Array(shape[1]! * 256) };
    const { means } = await evaluateVocoder({ mel: PAPER_MEL, files: [speech], vocoder: silence });
    const { griffinLim, vocoder } = means;
    // NumPy with the same filters, updates and iterations, librosa's momentum, other initial phases: 0.0379, 0.811,
    // 3.98, 0.977. With the filters' pseudo-inverse, as librosa and torchaudio do: 0.0564, 0.962, 7.25, 0.946.
    expect(griffinLim.logMelL1).toBeLessThan(0.04);
    expect(griffinLim.stftDistance).toBeLessThan(0.83);
    expect(griffinLim.mcd).toBeLessThan(4.1);
    expect(griffinLim.stoi).toBeGreaterThan(0.973);
    expect(griffinLim.f0RmseCents).toBeLessThan(20);
    expect(griffinLim.f0FrameError).toBeLessThan(0.06);
    expect(vocoder.stoi).toBe(0);
    expect(vocoder.f0RmseCents).toBeNaN();
  });
});
