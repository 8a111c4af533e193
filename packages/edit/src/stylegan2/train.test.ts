import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NDArray, Generator as Random } from '@sextant/engine';
import { decode } from '@sextant/image';
import { parseConfig } from '@sextant/io';
import { Loader, Run } from '@sextant/train';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadSynthesizer } from './load.js';
import { GENERATOR_PRESETS } from './presets.js';
import { trainGenerator } from './train.js';
import { type TrainConfig, TrainSchema } from './train-config.js';

const small = GENERATOR_PRESETS['small-32'];
const CONFIG: TrainConfig = {
  ...small,
  model: { ...small.model, size: 4, styleDim: 8, mappingLayers: 1, channels: { 4: 8 } },
  data: 'nowhere',
  steps: 4,
  batchSize: 4,
  r1: { weight: 1, every: 2 },
  path: { ...small.path, every: 3 },
  logEvery: 1,
  checkpointEvery: 2,
  sampleEvery: 4,
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sextant-edit-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Batches of random pictures; gives up in the batch of a step. */
function loader(dies = Number.POSITIVE_INFINITY) {
  const pictures = new Loader({
    dataset: { length: 10, get: (i) => new Random(i).normalArray([3, 4, 4], 0, 0.3) },
    batchSize: 4,
  });
  let step = 0;
  const next = async (): Promise<NDArray> => {
    if (++step === dies) throw new Error('killed');
    return pictures.next();
  };
  return {
    get cursor() {
      return pictures.cursor;
    },
    seek: pictures.seek.bind(pictures),
    next,
  };
}

const results = async (run: string) => ({
  metrics: await readFile(join(folder, run, 'metrics.jsonl'), 'utf8'),
  last: await readFile(join(folder, run, 'checkpoints', 'step-00000004.safetensors')),
  samples: await readFile(join(folder, run, 'samples', 'step-00000004.png')),
});

it('a training that was killed and resumed ends as one that was not', async () => {
  const whole = await Run.create(join(folder, 'whole'), TrainSchema, CONFIG);
  const { result } = await trainGenerator({ run: whole, loader: loader() });
  await whole.close();
  expect(result).toEqual({ step: 4, finished: true });

  const killed = await Run.create(join(folder, 'killed'), TrainSchema, CONFIG);
  await expect(trainGenerator({ run: killed, loader: loader(4) })).rejects.toThrow('killed');
  await killed.close();
  expect(await readdir(join(folder, 'killed', 'checkpoints'))).toContain('step-00000002.safetensors');
  const resumed = await Run.resume(join(folder, 'killed'), TrainSchema);
  await trainGenerator({ run: resumed, loader: loader() });
  await resumed.close();

  expect(await results('killed')).toEqual(await results('whole'));
  // Three times four programs are compiled.
}, 300_000);

it('every loss and penalty is logged when it was computed', async () => {
  const lines = (await results('whole')).metrics
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  for (const line of lines) {
    for (const name of ['lossD', 'lossG', 'scoreReal', 'scoreFake']) expect(line).toHaveProperty(name);
  }
  expect(lines.map((line) => 'r1' in line)).toEqual([true, false, true, false]);
  expect(lines.map((line) => 'path' in line && 'pathLength' in line)).toEqual([true, false, false, true]);
});

it('samples are a sheet of pictures', async () => {
  const { width, height } = await decode((await results('whole')).samples);
  expect([width, height]).toEqual([8 * 66 + 2, 8 * 66 + 2]);
});

it('the averaged generator is loaded from the run folder', async () => {
  const synthesizer = await loadSynthesizer(join(folder, 'whole'));
  expect((await synthesizer.images(await synthesizer.sample(2))).map(({ width }) => width)).toEqual([4, 4]);
  await synthesizer.release();
});

it.each(Object.entries(GENERATOR_PRESETS))('the preset %s is a configuration', (_, preset) => {
  const config = { ...preset, data: '/pictures' };
  expect(parseConfig(TrainSchema, config, 'preset')).toEqual(config);
});

it.each([
  [{ batchSize: 6 }, 'batchSize: must be a multiple of 4, or less than 4'],
  [{ model: { ...CONFIG.model, size: 24 } }, 'model.size: must be a power of two from 4 up'],
  [{ model: { ...CONFIG.model, size: 16 } }, 'model.channels: has no entry for pictures of 8'],
])('refuses %o', (change, message) => {
  expect(() => parseConfig(TrainSchema, { ...CONFIG, ...change }, 'config.json')).toThrow(message);
});
