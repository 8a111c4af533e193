import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Figures, type Job, runJobs } from './jobs.js';

const base = mkdtempSync(join(tmpdir(), 'reproduce-'));
afterAll(() => rmSync(base, { recursive: true }));
let out = '';
let done: string[] = [];
beforeEach(() => {
  out = mkdtempSync(join(base, 'out-'));
  done = [];
});

const job = (
  row: string,
  seed: number,
  settings = {},
  figures: Figures | undefined = { loss: seed },
): Job => ({
  row,
  seed,
  settings,
  run: async () => {
    done.push(`${row} ${seed}`);
    return figures;
  },
});
const options = (signal = new AbortController().signal) => ({ out, signal, say: () => {} });

describe('jobs', () => {
  it('are done once; other settings and other seeds are other jobs', async () => {
    await runJobs([job('a', 0), job('a', 1)], options());
    const again = await runJobs([job('renamed', 0), job('a', 1), job('a', 1, { k: 6 })], options());
    expect(done).toEqual(['a 0', 'a 1', 'a 1']);
    expect(again.map((m) => [m.job.row, m.figures.loss])).toEqual([
      ['renamed', 0],
      ['a', 1],
      ['a', 1],
    ]);
  });

  it('without figures have no result, and come again', async () => {
    const none: Job = { ...job('a', 0), run: async () => undefined };
    expect(await runJobs([none, job('b', 1)], options())).toHaveLength(1);
    await runJobs([job('a', 0), job('b', 1)], options());
    expect(done).toEqual(['b 1', 'a 0']);
  });

  it('are not begun after an interruption, but what is known is given', async () => {
    await runJobs([job('a', 0)], options());
    const measured = await runJobs([job('b', 0, { k: 1 }), job('a', 0)], options(AbortSignal.abort()));
    expect(measured.map((m) => m.job.row)).toEqual(['a']);
    expect(done).toEqual(['a 0']);
  });

  it('keep the figures that are numbers', async () => {
    const jobs = [job('a', 0, {}, { loss: 1, mase: Number.NaN })];
    for (const _ of [1, 2]) expect((await runJobs(jobs, options()))[0]!.figures).toEqual({ loss: 1 });
  });

  it('lose no more than the line that a crash cut short', async () => {
    await runJobs([job('a', 0)], options());
    const file = join(out, 'results.jsonl');
    appendFileSync(file, '{"key": "b4');
    await runJobs([job('a', 0), job('a', 1)], options());
    await runJobs([job('a', 0), job('a', 1)], options());
    expect(done).toEqual(['a 0', 'a 1']);
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(4);
  });
});
