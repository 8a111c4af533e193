/**
 * @module The machine that figures come from.
 */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

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

/**
 * Whether others used the machine too, which makes figures unfit to quote: it was busy before the run, or
 * busier at its end than the run itself makes it.
 */
export const wasLoaded = (before: number, after: number, threads: number): boolean =>
  before > 0.5 || after > threads + 1;
