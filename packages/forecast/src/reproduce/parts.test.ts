import type { Figures, Job, Part } from '@sextant/experiment';
import { InputError } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import { ett } from './ett.js';
import { kernelSize } from './kernel-size.js';
import { m4 } from './m4.js';
import { memory } from './memory.js';
import { solar } from './solar.js';
import { synthetic } from './synthetic.js';

const measured = (part: Part, figures: (job: Job) => Figures | undefined) =>
  part.jobs({ data: '', budget: 1 }).flatMap((job) => {
    const found = figures(job);
    return found ? [{ job, figures: found }] : [];
  });

describe('experiments', () => {
  it.each([
    ['m4', m4],
    ['solar', solar],
    ['ett', ett],
    ['m4', kernelSize],
  ])('say that the data %s are not there', (name, part) => {
    expect(() => part.jobs({ data: '/nowhere', budget: 1 })).toThrow(
      new InputError(`the data are not there: /nowhere/${name}; give their folder with --data`),
    );
  });

  it('synthetic: a line for each network, a column for each t0', () => {
    const { rows, chart } = synthetic.report(
      measured(synthetic, ({ settings }) => ({ 'R0.5 ↓': (settings.history as number) / 1000 })),
    );
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatchObject({ method: 'Transformer, full', 't0 = 24': '0.0240', 't0 = 192': '0.1920' });
    expect(chart!.svg).toContain('DeepAR, 140 units');
  });

  it('budget multiplies the steps of training', () => {
    const steps = (budget: number) => synthetic.jobs({ data: '', budget })[0]!.settings.steps;
    expect(steps(2)).toBe(2 * (steps(1) as number));
  });

  it('memory: tells what would not fit, by the growth with the square of L', () => {
    const { rows, chart } = memory.report(
      measured(memory, ({ row, settings }) => {
        const length = settings.length as number;
        if (row === 'full' && length > 4096) return undefined;
        return { L: length, MiB: 100 + (row === 'full' ? length ** 2 / 4096 : length / 64), ms: length };
      }),
    );
    expect(rows.map((r) => r['full: peak RSS']).slice(3)).toEqual([
      '4.10 GiB',
      'not run: 16.10 GiB expected',
      'not run: 64.10 GiB expected',
    ]);
    expect(rows.at(-1)!['log-sparse: step']).toBe('16384 ms');
    expect(chart!.svg).toContain('log-sparse, local');
  });

  it('memory: does not try what would not fit', async () => {
    const jobs = memory.jobs({ data: '', budget: 1 });
    const before = jobs
      .slice(0, 2)
      .map((job, i) => ({ job, figures: { L: 512 * 2 ** i, MiB: 1000 * 4 ** i } }));
    const context = { folder: '', signal: new AbortController().signal, measured: before };
    expect(await jobs[5]!.run(context)).toBeUndefined();
  });
});
