/**
 * @module What trainings of experiments wrote into their run folders.
 */
import { join } from 'node:path';
import { readFile } from '@sextant/io';

/** A line of a run's log. */
export type LogLine = Readonly<Record<string, number | string>>;

/** The lines of `metrics` or `timing` of a run folder. @throws InputError when there is no such log. */
export async function logLines(folder: string, log: 'metrics' | 'timing'): Promise<readonly LogLine[]> {
  const text = Buffer.from(await readFile(join(folder, `${log}.jsonl`))).toString('utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Seconds that a training took: the sum over its sessions, whose clocks begin anew. */
export const secondsOf = (timing: readonly LogLine[]): number =>
  timing
    .map(({ seconds }) => Number(seconds))
    .reduce((sum, now, i, all) => sum + (i > 0 && now > all[i - 1]! ? now - all[i - 1]! : now), 0);
