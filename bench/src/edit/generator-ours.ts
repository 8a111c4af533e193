/**
 * @module Sextant's side of the generator's cases: a process that does one job.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Adversaries, GENERATOR_PRESETS, Generator, type ModelConfig, Synthesizer } from '@sextant/edit';
import { createRuntime, type NDArray, setDefaultRuntime } from '@sextant/engine';
import { makeFolder, writePyTorch } from '@sextant/io';
import type { JobOptions } from '../case.js';
import { type Job, serve, timed } from '../serve.js';
import { BATCH, images, latents, networks } from './generator-work.js';

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
const versions = { 'onnxruntime-node': version };

const modelOf = ({ model }: JobOptions): ModelConfig => model as ModelConfig;

/** Writes weights and inputs. */
const work: Job = async (options) => {
  const { generator, discriminator } = networks(modelOf(options));
  const { size, styleDim } = generator.config;
  await makeFolder(options.folder);
  await writePyTorch(
    join(options.folder, 'generator.pt'),
    new Map<string, NDArray | Map<string, NDArray>>([
      ['g', generator.stateDict()],
      ['d', discriminator.stateDict()],
      ['latents', latents(generator.latentCount, styleDim)],
      ['images', images(size)],
    ]),
  );
  return { run: () => Promise.reject(new Error('this job only prepares')) };
};

const generator: Job = async (options) => {
  const synthesizer = new Synthesizer({ generator: networks(modelOf(options)).generator });
  const w = latents(synthesizer.latentCount, synthesizer.config.styleDim);
  return {
    versions,
    run: async () => {
      const { ms, result } = await timed(() => synthesizer.render(w));
      return { ms, digest: result.data.reduce((sum, v) => sum + Math.abs(v), 0) / result.size };
    },
  };
};

/** Steps of training of which the first of sixteen applies the penalties too. */
const training =
  (n: number): Job =>
  async (options) => {
    const { generator, discriminator } = networks(modelOf(options));
    const average = new Generator(generator.config);
    const adversaries = new Adversaries(generator, discriminator, average, {
      ...GENERATOR_PRESETS['small-64'],
      batchSize: BATCH,
    });
    const real = images(generator.config.size);
    return {
      versions,
      run: async () => {
        const { ms } = await timed(() => adversaries.step(n, real));
        return { ms };
      },
    };
  };

const { threads } = JSON.parse(process.argv[2]!) as JobOptions;
setDefaultRuntime(createRuntime({ threads }));
await serve({ work, generator, 'gan-step': training(2), 'gan-penalties': training(1) });
