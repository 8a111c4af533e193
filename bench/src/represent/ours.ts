/**
 * @module Sextant's side of the representations' cases: a process that does one job.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  createRuntime,
  Generator,
  mean,
  mul,
  type NDArray,
  program,
  setDefaultRuntime,
  type Tensor,
} from '@sextant/engine';
import { openImages, readable, writeJpeg } from '@sextant/image';
import { makeFolder, writePyTorch } from '@sextant/io';
import { Adam } from '@sextant/nn';
import { PIPELINES, ViewLoader } from '@sextant/represent';
import type { JobOptions } from '../case.js';
import { type Job, serve, timed } from '../serve.js';
import { batch, network, PICTURES } from './work.js';

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
const versions = { 'onnxruntime-node': version };

const only = () => Promise.reject(new Error('this job only prepares'));

/** Writes weights and inputs. Counters of batches are left out: PyTorch's have another type. */
const work: Job = async ({ folder }) => {
  const state = [...network().stateDict()].filter(([name]) => !name.endsWith('num_batches_tracked'));
  const { images, weights } = batch();
  await makeFolder(folder);
  await writePyTorch(
    join(folder, 'represent.pt'),
    new Map<string, NDArray | Map<string, NDArray>>([
      ['network', new Map(state)],
      ['images', images],
      ['weights', weights],
    ]),
  );
  return { run: only };
};

/** Loss, gradients and Adam's update of a batch. */
const step: Job = async () => {
  const model = network();
  const optimizer = new Adam(model.parameters(), { learningRate: 1e-3 });
  const update = program(
    (images: Tensor, weights: Tensor) => {
      const loss = mean(mul(model.forward(images), weights));
      optimizer.minimize(loss);
      return loss;
    },
    { name: 'step' },
  );
  const { images, weights } = batch();
  return {
    versions,
    run: async () => {
      const { ms, result } = await timed(() => update(images, weights));
      return { ms, digest: result.item() };
    },
  };
};

const infer: Job = async () => {
  const model = network();
  const forward = program((images: Tensor) => model.eval((m) => m.forward(images)), { freeze: true });
  const { images } = batch();
  return {
    versions,
    run: async () => {
      const { ms, result } = await timed(() => forward(images));
      return { ms, digest: (result.data as Float32Array).reduce((sum, v) => sum + v, 0) / result.size };
    },
  };
};

/** Writes JPEG files of smooth random pictures. */
const workViews: Job = async ({ folder }) => {
  const pictures = join(folder, 'pictures', 'all');
  await makeFolder(pictures);
  const random = new Generator(2);
  for (let i = 0; i < PICTURES; i++) {
    const [a, b, c] = [random.uniform(0.05, 0.5), random.uniform(0.05, 0.5), random.uniform(0, 255)];
    const data = Uint8Array.from({ length: 3 * 32 * 32 }, (_, at) => {
      const [pixel, channel] = [Math.floor(at / 3), at % 3];
      const wave = Math.sin(a * (pixel % 32) + channel) + Math.cos(b * Math.floor(pixel / 32) - channel);
      return (c + 60 * wave + 256) & 255;
    });
    await writeJpeg(join(pictures, `${String(i).padStart(4, '0')}.jpg`), { width: 32, height: 32, data });
  }
  return { run: only };
};

const views: Job = async ({ job, folder, threads }) => {
  await workViews({ job: 'work-views', folder, threads } as JobOptions);
  const files = await openImages(join(folder, 'pictures'));
  // Training keeps pictures decoded where memory allows.
  const loader = new ViewLoader({
    ...(job === 'views-memory' ? await readable(files, { keepBytes: 2 ** 30 }) : { set: files }),
    pipeline: PIPELINES.cifar10,
    batchSize: PICTURES,
    threads: threads as number,
    prefetch: 0,
  });
  return {
    versions,
    run: async () => {
      const { ms } = await timed(() => loader.next());
      return { ms };
    },
  };
};

const { threads } = JSON.parse(process.argv[2]!) as JobOptions;
setDefaultRuntime(createRuntime({ threads }));
await serve({
  'work-step': work,
  'work-infer': work,
  'work-views': workViews,
  'work-views-memory': workViews,
  step,
  infer,
  views,
  'views-memory': views,
});
