import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator } from '@sextant/engine';
import { writeNpy } from '@sextant/io';
import { manualSeed } from '@sextant/nn';
import { Run } from '@sextant/train';
import { afterAll, describe, expect, it } from 'vitest';
import type { AnnotatedVideo } from '../annotations.js';
import { FeatureFolder } from '../video-features.js';
import { type ProposalTrainConfig, ProposalTrainSchema } from './config.js';
import { Proposer } from './proposer.js';
import { detectionOf, newGenerator, trainProposals } from './train.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-proposals-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ROWS = { audio: 32, video: 16 };

/** Videos of 32 s with one event, during which features are larger: a row of pictures for 2 s, one of sound for 1. */
async function world(count: number, seed: number): Promise<Map<string, AnnotatedVideo>> {
  const random = new Generator(seed);
  const videos = new Map<string, AnnotatedVideo>();
  for (let v = 0; v < count; v++) {
    const start = 2 * random.integer(0, 10);
    const end = start + (random.integer(0, 2) === 0 ? 4 : 12);
    const name = `v_${seed}_${v}`;
    for (const [file, rows, width] of [
      ['rgb', 16, 8],
      ['flow', 16, 8],
      ['vggish', 32, 4],
    ] as const) {
      const x = random.normalArray([rows, width]);
      const seconds = 32 / rows;
      for (let row = 0; row < rows; row++) {
        const during = row * seconds >= start && row * seconds < end;
        for (let k = 0; k < width; k++)
          x.data[row * width + k] = 0.3 * x.data[row * width + k]! + (during ? 2 : 0);
      }
      await writeNpy(join(folder, `${name}_${file}.npy`), x);
    }
    videos.set(name, { duration: 32, captions: [{ start, end: Math.min(end, 32), sentence: '' }] });
  }
  return videos;
}

const config: ProposalTrainConfig = {
  proposals: {
    dVid: 8,
    dAud: 4,
    dModel: 16,
    dModelVideo: 16,
    dModelAudio: 16,
    dFfVideo: 32,
    dFfAudio: 32,
    heads: 2,
    layers: 1,
    linearEmbedder: true,
    dropout: 0.05,
    layerNorm: false,
    audio: { anchors: [4, 12], kernelSizes: [9], hidden: [32], stride: 1 },
    video: { anchors: [4, 12], kernelSizes: [7], hidden: [32], stride: 2 },
  },
  rows: ROWS,
  data: 'world',
  features: folder,
  validation: ['world'],
  captioner: null,
  seed: 1,
  epochs: 40,
  batchSize: 10,
  learningRate: 5e-3,
  logEvery: 20,
  checkpointEvery: 50,
  validateEpochs: 40,
};

describe('a proposal generator', { timeout: 120_000 }, () => {
  it('finds events of videos that it has not met', async () => {
    const [videos, others] = [await world(40, 1), await world(20, 2)];
    const features = await FeatureFolder.open(folder);
    const run = await Run.create(join(folder, 'run'), ProposalTrainSchema, config);
    const { generator } = await trainProposals({ run, videos, features, validation: [others] });
    await run.close();
    const best = async (of: typeof generator) => {
      const proposer = new Proposer(of, ROWS);
      const hits = await Promise.all(
        [...others].map(async ([video, { captions }]) => {
          const [first] = await proposer.propose(await features.read(video), 32, { count: 1 });
          const [{ start, end } = { start: 0, end: 0 }] = captions;
          const common = Math.min(end, first!.end) - Math.max(start, first!.start);
          return common / (Math.max(end, first!.end) - Math.min(start, first!.start)) > 0.5;
        }),
      );
      const { recall } = await detectionOf(proposer, features, [others]);
      await proposer.release();
      return { hits: hits.filter(Boolean).length, recall: Number(recall) };
    };
    manualSeed(3);
    const untrained = await best(newGenerator(config));
    const trained = await best(generator);
    expect(trained.hits).toBeGreaterThanOrEqual(15);
    expect(untrained.hits).toBeLessThan(trained.hits);
    expect(trained.recall).toBeGreaterThan(untrained.recall);
  });

  it('keeps the encoder that it is given, and refuses another one', async () => {
    const videos = await world(20, 3);
    const features = await FeatureFolder.open(folder);
    manualSeed(5);
    const encoder = newGenerator(config).stateDict();
    const short = { ...config, epochs: 1, validation: [] };
    const run = await Run.create(join(folder, 'frozen'), ProposalTrainSchema, short);
    const { generator } = await trainProposals({ run, videos, features, validation: [], captioner: encoder });
    await run.close();
    const now = generator.stateDict();
    for (const [name, { data }] of encoder) {
      const same = data.every((value, i) => value === now.get(name)!.data[i]);
      expect(same, name).toBe(/^(emb|encoder)/.test(name));
    }
    encoder.delete('emb_A.embedder.weight');
    const again = await Run.create(join(folder, 'other'), ProposalTrainSchema, short);
    await expect(
      trainProposals({ run: again, videos, features, validation: [], captioner: encoder }),
    ).rejects.toThrow(/the captioner's emb_A.embedder.weight is missing/);
    await again.close();
  });
});
