/**
 * @module The other end of the protocol of `child.ts`, for sides written in TypeScript.
 */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { JobOptions, Ready, Reply } from './case.js';
import { Absent } from './child.js';

/** Prepares one kind of work and gives what does it once and times it. */
export type Job = (options: JobOptions) => Promise<Partial<Ready> & { run(): Promise<Reply> }>;

/** The process's own streams and argument, unless a test gives others. */
export interface Ends {
  readonly argument: string;
  readonly input: Readable;
  readonly output: Writable;
}

/** Does the job that the argument names, as often as asked. A job that throws {@link Absent} is skipped. */
export async function serve(jobs: Readonly<Record<string, Job>>, ends: Partial<Ends> = {}): Promise<void> {
  const { argument = process.argv[2]!, input = process.stdin, output = process.stdout } = ends;
  const send = (message: unknown) => output.write(`${JSON.stringify(message)}\n`);
  const options = JSON.parse(argument) as JobOptions;
  const job = jobs[options.job];
  if (!job) throw new Error(`there is no job ${options.job}`);
  let prepared: Awaited<ReturnType<Job>>;
  try {
    prepared = await job(options);
  } catch (error) {
    if (!(error instanceof Absent)) throw error;
    send({ skipped: error.message });
    return;
  }
  const { run, note, versions } = prepared;
  send({ ready: { versions: { node: process.versions.node, ...versions }, ...(note ? { note } : {}) } });
  for await (const _ of createInterface({ input })) {
    try {
      const reply = await run();
      // maxRSS is in KiB on every platform.
      send({ peakRssMb: process.resourceUsage().maxRSS / 1024, ...reply });
    } catch (error) {
      send({ error: (error as Error).message });
    }
  }
}

/** Runs `work` and says how long it took. */
export async function timed<T>(work: () => T | Promise<T>): Promise<{ ms: number; result: T }> {
  const start = performance.now();
  const result = await work();
  return { ms: performance.now() - start, result };
}
