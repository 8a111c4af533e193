/**
 * @module A process that makes training steps of the article's network on one long window, and tells what they took.
 */
import { Generator, NDArray, program } from '@sextant/engine';
import { Adam, manualSeed } from '@sextant/nn';
import type { WindowBatch } from '../losses.js';
import { Network } from '../model.js';
import type { PatternConfig } from '../patterns.js';
import { paperTransformer } from './architectures.js';

export interface StepSettings {
  readonly mask: PatternConfig;
  /** Positions of the window. */
  readonly length: number;
  /** Steps that are timed, after one that compiles. */
  readonly steps: number;
}

export interface StepFigures {
  /** Of every timed step. */
  readonly ms: readonly number[];
  /** Peak resident memory of the process. */
  readonly peakRssMiB: number;
}

const N_COVARIATES = 4;

const { mask, length, steps } = JSON.parse(process.argv[2]!) as StepSettings;
manualSeed(0);
const { model: _, seriesEmbedding: __, decoding: ___, ...options } = paperTransformer({ mask, dropout: 0.1 });
const network = new Network({
  ...options,
  lags: [],
  nCovariates: N_COVARIATES,
  nSeries: 1,
  maxLength: length,
});
const optimizer = new Adam(network.parameters(), { learningRate: 1e-3 });
const step = program(
  (batch: WindowBatch) => {
    const loss = network.loss(batch);
    optimizer.minimize(loss);
    return loss;
  },
  { name: 'step' },
);
const random = new Generator(1);
const batch = {
  values: random.normalArray([1, length]),
  covariates: random.normalArray([1, length, N_COVARIATES]),
  target: random.normalArray([1, length]),
  weight: new NDArray(new Float32Array(length).fill(1), [1, length], 'float32'),
  series: new NDArray(Int32Array.of(0), [1], 'int32'),
};
const ms: number[] = [];
for (let i = 0; i <= steps; i++) {
  const start = performance.now();
  await step(batch as never);
  if (i > 0) ms.push(performance.now() - start);
}
// maxRSS is in KiB on every platform.
const figures: StepFigures = { ms, peakRssMiB: process.resourceUsage().maxRSS / 1024 };
console.log(JSON.stringify(figures));
