/**
 * @module The process of one job of `compare`: see `runJob`.
 */
import { InputError } from '@sextant/io';
import { onDevice } from '@sextant/system';
import type { CompareFailure, CompareJob, CompareResult } from './compare.js';
import { backtest } from './evaluate.js';
import { Forecaster, seasonsOf } from './forecaster.js';
import type { Method } from './method.js';
import { methodOfVariant } from './methods.js';
import { type ReadTable, readAs } from './read.js';
import { withoutLast } from './series.js';

process.once('message', async (job: CompareJob) => {
  const answer = await work(job).catch((error: unknown): CompareFailure => {
    if (!(error instanceof Error)) return { error: String(error) };
    return { error: error instanceof InputError ? error.message : `${error.name}: ${error.message}` };
  });
  process.send?.(answer, () => process.disconnect());
});
// The parent has gone.
process.once('disconnect', () => process.exit());

async function work(job: CompareJob): Promise<CompareResult> {
  const { horizon, windows, stride, quantiles, seed } = job;
  const table = await readAs(job.data, job.read);
  return onDevice(job.device, async () => {
    const start = performance.now();
    const method = await methodOf(job, table);
    const trainingSeconds = (performance.now() - start) / 1000;
    const season = seasonsOf(table)[0] ?? 1;
    const result = await backtest(method, table, { horizon, windows, stride, quantiles, season, seed });
    return {
      backtest: result,
      ...('train' in job.method && { trainingSeconds }),
      peakMemory: process.resourceUsage().maxRSS * 1024,
    };
  });
}

async function methodOf({ method, ...job }: CompareJob, table: ReadTable): Promise<Method> {
  if ('classical' in method) return methodOfVariant(method.classical);
  if ('weights' in method) return Forecaster.load(method.weights);
  const known = withoutLast(table, job.horizon + (job.windows - 1) * job.stride);
  const { horizon, seed } = job;
  return Forecaster.train(known, { preset: method.train, horizon, seed, seasons: seasonsOf(table) });
}
