/**
 * @module Experiments as lists of jobs, whose results are kept so that an experiment goes on where it was stopped.
 */
import { join } from 'node:path';
import type { Chart } from '@sextant/plot';
import { configHash } from '@sextant/train';
import { ResultsFile } from './results.js';

/** What a job measured, by column of its table. */
export type Figures = Readonly<Record<string, number>>;

/** One measurement. Jobs of equal settings and seed are the same, in whatever experiment. */
export interface Job {
  /** The line of the table that it belongs to; lines average over their jobs. */
  readonly row: string;
  readonly seed: number;
  /** All that the result depends on besides the seed, as JSON. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Undefined: it was interrupted, or is beyond what this machine can measure. */
  run(context: JobContext): Promise<Figures | undefined>;
}

export interface Measured {
  readonly job: Job;
  readonly figures: Figures;
}

export interface JobContext {
  /** A folder for files that the job continues from; not there yet the first time. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** The experiment's results so far. */
  readonly measured: readonly Measured[];
}

export interface Report {
  readonly rows: readonly Readonly<Record<string, string | number>>[];
  /** Lines below the table. */
  readonly notes?: readonly string[];
  readonly chart?: Chart;
}

export interface PartOptions {
  /** Folder of the data sets. */
  readonly data: string;
  /** Multiplies the steps of training, and sizes of generated data where the part says so. */
  readonly budget: number;
}

/** An experiment. */
export interface Part {
  readonly title: string;
  /** In the order in which they run. @throws InputError when the data are not there. */
  jobs(options: PartOptions): readonly Job[];
  report(measured: readonly Measured[]): Report;
}

export interface RunJobsOptions {
  /** Folder of `results.jsonl` and of the jobs' own folders in `runs`. */
  readonly out: string;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Runs the jobs that have no result yet, until all have one or `signal` stops it; gives all results there are. */
export async function runJobs(
  jobs: readonly Job[],
  { out, signal, say }: RunJobsOptions,
): Promise<readonly Measured[]> {
  const file = await ResultsFile.open(join(out, 'results.jsonl'));
  const measured: Measured[] = [];
  for (const [i, job] of jobs.entries()) {
    const { row, seed, settings } = job;
    const key = configHash({ settings, seed });
    let figures = file.get(key);
    if (!figures && !signal.aborted) {
      say(`${i + 1} of ${jobs.length}: ${row}, seed ${seed}`);
      figures = finite(await job.run({ folder: join(out, 'runs', key), signal, measured }));
      if (figures) await file.add({ key, row, seed, settings, figures });
    }
    if (figures) measured.push({ job, figures });
  }
  return measured;
}

/** Without what could not be measured, such as MASE on a history of one season. */
const finite = (figures: Figures | undefined): Figures | undefined =>
  figures && Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value)));
