import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, NDArray, program, type Tensor } from '@sextant/engine';
import { Run } from '@sextant/train';
import { afterAll, expect, it } from 'vitest';
import { statisticsOf } from '../columns.js';
import { EstimatorTrainSchema } from './config.js';
import type { Estimator } from './model.js';
import { planesOf } from './planes.js';
import { trainEstimator } from './train.js';
import { decodeEstimator, encodeEstimator, estimatorOf } from './weights.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-estimator-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [COUNT, SIZE] = [320, 16];

/** A disc at some place, of some brightness, which light and one attribute tell; the other eight numbers are 1. */
function discs() {
  const random = new Generator(1);
  const rows = Array.from(
    { length: COUNT },
    () => [random.uniform(4, 12), 100 * random.uniform(0.3, 1)] as const,
  );
  const context = Float32Array.from(
    rows.flatMap(([x, brightness]) => [x, ...Array<number>(8).fill(1), brightness]),
  );
  const images = rows.map(([x, brightness]) => {
    const data = new Uint8Array(SIZE * SIZE * 3);
    for (let i = 0; i < SIZE * SIZE; i++) {
      const inside = Math.hypot((i % SIZE) - x, Math.floor(i / SIZE) - 8) < 4;
      data.fill(inside ? 2 * brightness : 20, 3 * i, 3 * i + 3);
    }
    return { width: SIZE, height: SIZE, data };
  });
  return { context: new NDArray(context, [COUNT, 10], 'float32'), images };
}

it('tells what pictures show, and keeps it in a file', { timeout: 60_000 }, async () => {
  const { context, images } = discs();
  const table = {
    attributes: [{ name: 'Brightness', range: [0, 100], degree: 1, rows: [0, 1] }],
    lightRows: [0, 1],
    lights: {},
  } as const;
  const config = {
    estimator: { size: SIZE, channels: [8, 16], outFeatures: 10 },
    table,
    data: 'discs',
    seed: 1,
    epochs: 25,
    batchSize: 32,
    learningRate: 1e-2,
    weightDecay: 0,
    heldOut: 0.2,
    logEvery: 20,
    checkpointEvery: 200,
    validateEvery: 200,
  };
  const run = await Run.create(join(folder, 'run'), EstimatorTrainSchema, config);
  const shots = {
    length: COUNT,
    get: (i: number) => ({
      image: planesOf(images[i]!, SIZE),
      shown: new NDArray(context.data.slice(10 * i, 10 * i + 10), [10], 'float32'),
    }),
  };
  const { estimator } = await trainEstimator({ run, shots, statistics: statisticsOf(context) });
  await run.close();
  const last = JSON.parse(readFileSync(join(folder, 'run/metrics.jsonl'), 'utf8').trim().split('\n').at(-1)!);
  expect(last.light0).toBeLessThan(0.1);
  expect(last.Brightness).toBeLessThan(0.1);
  expect(last.light1).toBeUndefined();

  const read = estimatorOf(
    decodeEstimator(
      encodeEstimator({ config: { estimator: config.estimator, table }, state: estimator.stateDict() }),
    ),
  );
  const told = (model: Estimator) => program((x: Tensor) => model.eval((m) => m.forward(x)));
  const image = new NDArray(shots.get(0).image.data, [1, 3, SIZE, SIZE], 'float32');
  const [here, there] = [await told(estimator)(image), await told(read)(image)];
  expect(there.data).toEqual(here.data);
  expect(Math.abs(Number(here.data[0]) - context.data[0]!)).toBeLessThan(1.5);
});
