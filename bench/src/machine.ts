/**
 * @module The machine that figures come from.
 */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { setTimeout } from 'node:timers/promises';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
}

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGb: Math.round(totalmem() / 2 ** 30),
});

/** Processes that wanted to run during the last minute, on average. */
export const load = (): number => loadavg()[0]!;

/** The load of a machine on which nothing else runs. */
const QUIET = 0.5;
/** Seconds that a build or a benchmark just ended may still be seen in {@link load}. */
const FADES = 120;

/** The load once it is that of a quiet machine, or after two minutes. */
export async function settledLoad(onWait: (load: number) => void): Promise<number> {
  for (let waited = 0; load() > QUIET && waited < FADES; waited += 5) {
    if (waited === 0) onWait(load());
    await setTimeout(5000);
  }
  return load();
}

/**
 * Whether others used the machine too, which makes figures unfit to quote: it was busy before the run, or
 * busier at its end than the run itself makes it.
 */
export const wasLoaded = (before: number, after: number, threads: number): boolean =>
  before > QUIET || after > threads + 1;
