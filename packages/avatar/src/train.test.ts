import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchNorm2d } from '@sextant/nn';
import { Loader, Run } from '@sextant/train';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOY } from '../test/toy.js';
import { HeadFootage } from './data/heads.js';
import { others } from './data/pairs.js';
import type { Footage, View } from './data/view.js';
import { SelfDriving } from './evaluation/self-driving.js';
import { readAvatarWeights } from './load.js';
import { PRESETS } from './presets.js';
import { trainAvatar } from './train.js';
import { type TrainConfig, TrainSchema } from './train-config.js';
import { networksOf } from './weights.js';

const SIZE = TOY.imageSize;

const config = {
  ...PRESETS.small.base,
  networks: TOY,
  data: 'heads',
  batchSize: 4,
  learningRate: 2e-3,
  standing: 4,
  validated: 4,
  logEvery: 5,
} satisfies TrainConfig;

/** Each view is rendered once. */
function kept(footage: Footage): Footage {
  const views = new Map<string, Promise<View>>();
  return {
    length: footage.length,
    name: (v) => footage.name(v),
    frames: (v) => footage.frames(v),
    view(v, f) {
      const key = `${v} ${f}`;
      const found = views.get(key) ?? footage.view(v, f);
      views.set(key, found);
      return found;
    },
  };
}

const footage = kept(new HeadFootage({ split: 'train', people: 4, frames: 8 }, SIZE));
const unseen = kept(new HeadFootage({ split: 'val', people: 4, frames: 8 }, SIZE));

const folder = mkdtempSync(join(tmpdir(), 'sextant-avatar-train-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Line {
  readonly step: number;
  readonly split: string;
  readonly [metric: string]: string | number;
}

const logged = (name: string): Line[] =>
  readFileSync(join(folder, name, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

async function trained(name: string, changes: Partial<TrainConfig>) {
  const run = await Run.create(join(folder, name), TrainSchema, { ...config, ...changes });
  const done = await trainAvatar({ run, footage, unseen });
  await run.close();
  return done;
}

const state = async (name: string) => (await readAvatarWeights(join(folder, name))).state;

describe('training', { timeout: 300_000 }, () => {
  beforeAll(() => trained('base', { steps: 400, checkpointEvery: 400 }), 300_000);

  it('shows people where they are to be, and about as they look', async () => {
    const losses = logged('base').filter(({ split }) => split === 'train');
    expect(losses.at(-1)!.G_L1).toBeLessThan(0.5 * Number(losses[0]!.G_L1));
    const selfDriving = new SelfDriving(networksOf(await readAvatarWeights(join(folder, 'base'))));
    const loader = new Loader({ dataset: others(footage, 4), batchSize: 4, shuffle: false });
    const { made, still } = await selfDriving.of(loader.pass());
    await selfDriving.release();
    // What two networks learn against each other in 400 steps changes with the last bits of a step: l1 is 0.150 on one processor and 0.198 on another, of
    // 0.167; where people are is learnt on both.
    expect(made.l1).toBeLessThan(1.25 * still.l1);
    expect(made.ssim).toBeGreaterThan(still.ssim);
    expect(made.iou).toBeGreaterThan(still.iou + 0.08);
    expect(readdirSync(join(folder, 'base', 'samples'))).toEqual(['step-00000400.png']);
  });

  it('keeps statistics of many batches, not those of the last one', async () => {
    const networks = networksOf(await readAvatarWeights(join(folder, 'base')));
    const norms = networks.modules().filter((module) => module instanceof BatchNorm2d);
    // Each training step leaves its own statistics; so do the four batches that are averaged.
    expect(norms.map((norm) => norm.num_batches_tracked!.value.item())).toEqual(norms.map(() => 404));
  });

  it('trains the enhancer on networks that stay as they are', async () => {
    const base = join(folder, 'base');
    await trained('enhancer', { stage: 'enhancer', base, steps: 30, checkpointEvery: 30 });
    const [before, after] = [await state('base'), await state('enhancer')];
    for (const [path, value] of before) expect(after.get(path)!.data, path).toEqual(value.data);
    const own = [...after.keys()].filter((path) => !before.has(path));
    expect(own.every((path) => path.startsWith('texture_enhancer.'))).toBe(true);
    const [first, last] = [logged('enhancer').at(0)!, logged('enhancer').at(-2)!];
    expect(Number(last.G_L1) + Number(last.G_PYR)).toBeLessThan(
      0.95 * (Number(first.G_L1) + Number(first.G_PYR)),
    );
    expect(first).not.toHaveProperty('G_BCE');
  });

  it('continues as if it had not been interrupted', async () => {
    await trained('whole', { steps: 6, checkpointEvery: 2 });
    const run = await Run.create(join(folder, 'parts'), TrainSchema, {
      ...config,
      steps: 6,
      checkpointEvery: 2,
    });
    const stop = new AbortController();
    const onProgress = ({ step }: { step: number }) => step === 3 && stop.abort();
    await trainAvatar({ run, footage, unseen, signal: stop.signal, onProgress });
    await run.close();
    const again = await Run.resume(join(folder, 'parts'), TrainSchema);
    const { result } = await trainAvatar({ run: again, footage, unseen });
    await again.close();
    expect(result).toMatchObject({ step: 6, finished: true });
    expect(logged('parts')).toEqual(logged('whole'));
    const [whole, parts] = [await state('whole'), await state('parts')];
    for (const [path, value] of whole) expect(parts.get(path)!.data, path).toEqual(value.data);
  });

  it('needs trained networks for the enhancer', async () => {
    await expect(trained('none', { stage: 'enhancer' })).rejects.toThrow(/base: is missing: the enhancer/);
  });
});
