import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, NDArray } from '@sextant/engine';
import { writeNpy } from '@sextant/io';
import { Run } from '@sextant/train';
import { afterAll, describe, expect, it } from 'vitest';
import type { AnnotatedVideo } from '../annotations.js';
import { Vocabulary } from '../text/vocabulary.js';
import { cropped, FeatureFolder, padded } from '../video-features.js';
import { type CaptionerTrainConfig, CaptionerTrainSchema } from './config.js';
import { scoresOf, trainCaptioner } from './train.js';
import { Writer } from './writer.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-caption-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [D_VID, D_AUD] = [12, 6];
/** What is to be seen decides on the noun, what is to be heard on the verb. */
const [NOUNS, VERBS] = [
  ['dog', 'cat', 'bird'],
  ['sings', 'sleeps', 'runs'],
];

/** Videos of two events each, with noisy features that tell which: 8 s a half, a row of pictures for 2 s, one of sound for 1. */
async function world(count: number, seed: number): Promise<Map<string, AnnotatedVideo>> {
  const random = new Generator(seed);
  const videos = new Map<string, AnnotatedVideo>();
  for (let v = 0; v < count; v++) {
    const events = [0, 1].map(() => ({ noun: random.integer(0, 3), verb: random.integer(0, 3) }));
    const rows = (perEvent: number, width: number, kind: 'noun' | 'verb') => {
      const noise = random.normalArray([2 * perEvent, width]);
      for (let row = 0; row < 2 * perEvent; row++) {
        for (let k = 0; k < width; k++) {
          const shown = events[Math.floor(row / perEvent)]![kind] === k % 3 ? 2 : 0;
          noise.data[row * width + k] = shown + 0.3 * noise.data[row * width + k]!;
        }
      }
      return noise;
    };
    const name = `v_${seed}_${v}`;
    await writeNpy(join(folder, `${name}_rgb.npy`), rows(4, D_VID, 'noun'));
    await writeNpy(join(folder, `${name}_flow.npy`), rows(4, D_VID, 'noun'));
    await writeNpy(join(folder, `${name}_vggish.npy`), rows(8, D_AUD, 'verb'));
    videos.set(name, {
      duration: 16,
      captions: events.map(({ noun, verb }, i) => ({
        start: 8 * i,
        end: 8 * (i + 1),
        sentence: `The ${NOUNS[noun]} ${VERBS[verb]}.`,
      })),
    });
  }
  return videos;
}

const config = (videos: ReadonlyMap<string, AnnotatedVideo>): CaptionerTrainConfig => ({
  captioner: {
    dVid: D_VID,
    dAud: D_AUD,
    dModel: 16,
    dModelVideo: 16,
    dModelAudio: 16,
    dFfVideo: 32,
    dFfAudio: 32,
    heads: 2,
    layers: 1,
    linearEmbedder: true,
    dropout: 0.05,
    dModelCaps: 16,
    dFfCaps: 32,
  },
  words: Vocabulary.of([...videos.values()].flatMap(({ captions }) => captions.map((c) => c.sentence))).words,
  maxLength: 6,
  data: 'world',
  features: folder,
  validation: ['world'],
  vectors: null,
  seed: 1,
  epochs: 12,
  batchSize: 16,
  learningRate: 5e-3,
  smoothing: 0.1,
  logEvery: 10,
  checkpointEvery: 30,
  validateEpochs: 12,
});

describe('a captioner', { timeout: 120_000 }, () => {
  it('learns to tell what is to be seen and heard, of videos that it has not met, and continues exactly', async () => {
    const [videos, others] = [await world(60, 1), await world(20, 2)];
    const features = await FeatureFolder.open(folder);
    expect(features.videos).toHaveLength(80);
    const path = join(folder, 'run');
    const options = { videos, features, validation: [others] };
    const run = await Run.create(path, CaptionerTrainSchema, { ...config(videos), epochs: 6 });
    await trainCaptioner({ run, ...options });
    await run.close();
    const again = await Run.resume(path, CaptionerTrainSchema, { changes: { epochs: 12 } });
    const { captioner } = await trainCaptioner({ run: again, ...options });
    await again.close();
    const vocabulary = new Vocabulary(again.config.words);
    const writer = new Writer(captioner, vocabulary, { maxLength: 6 });
    const { meteor } = await scoresOf(writer, features, [others]);
    await writer.release();
    expect(Number(meteor)).toBeGreaterThan(80);

    const whole = await Run.create(join(folder, 'whole'), CaptionerTrainSchema, config(videos));
    const { captioner: same } = await trainCaptioner({ run: whole, ...options });
    await whole.close();
    const [a, b] = [captioner.stateDict(), same.stateDict()];
    for (const [name, value] of a) expect([...b.get(name)!.data]).toEqual([...value.data]);
  });
});

describe('features', () => {
  const rows = (count: number, from = 0) => {
    const data = Float32Array.from({ length: count * 2 }, (_, i) => from + Math.floor(i / 2));
    return new NDArray(data, [count, 2], 'float32');
  };

  it('of a segment are its rows, one at least', () => {
    const make = (count: number) => rows(count);
    const all = { rgb: make(10), flow: make(10), audio: make(20) };
    const part = cropped(all, { start: 2, end: 5 }, 10);
    expect([...part.rgb.data].filter((_, i) => i % 2 === 0)).toEqual([2, 3, 4]);
    expect([...part.audio.data].filter((_, i) => i % 2 === 0)).toEqual([4, 5, 6, 7, 8, 9]);
    expect([...cropped(all, { start: 10, end: 10 }, 10).rgb.data]).toEqual([9, 9]);
    expect([...cropped(all, { start: 3, end: 3.1 }, 10).rgb.data]).toEqual([3, 3]);
  });

  it('are padded with 1, flow with 0', () => {
    const make = (count: number) => rows(count, 5);
    const { rgb, flow, audio } = padded([
      { rgb: make(1), flow: make(1), audio: make(2) },
      { rgb: make(2), flow: make(2), audio: make(1) },
    ]);
    expect([...rgb.data]).toEqual([5, 5, 1, 1, 5, 5, 6, 6]);
    expect([...flow.data]).toEqual([5, 5, 0, 0, 5, 5, 6, 6]);
    expect([...audio.data]).toEqual([5, 5, 6, 6, 5, 5, 1, 1]);
  });

  it('are refused where files are missing', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    await expect(FeatureFolder.open(empty)).rejects.toThrow(/no video has its three files/);
    await expect(FeatureFolder.open(join(folder, 'nothing'))).rejects.toThrow(/give a folder of features/);
  });
});
