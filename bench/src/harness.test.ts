import { describe, expect, test } from 'vitest';
import type { Case, Command, Reply, Side } from './case.js';
import { Absent } from './child.js';
import { Harness } from './harness.js';

const command = (job: string): Command => ({
  executable: '',
  script: '',
  options: { job, threads: 1, folder: '' },
});
const side = (name: string, more: Partial<Side> = {}): Side => ({
  name,
  role: name === 'ours' ? 'ours' : 'peer',
  command: command(name),
  ...more,
});
const caseOf = (sides: Side[], more: Partial<Case> = {}): Case => ({
  name: 'case',
  title: 'a case',
  sides,
  rounds: 2,
  warmUp: 1,
  ...more,
});

/** A harness whose processes answer from a table, and a log of all they do. */
function fake(replies: Record<string, (run: number) => Reply>) {
  const log: string[] = [];
  const harness = new Harness(async ({ options: { job } }) => {
    log.push(`+${job}`);
    let runs = 0;
    const reply = replies[job];
    if (!reply) throw new Absent(`no ${job}`);
    return {
      ready: { versions: { [job]: '1' } },
      child: {
        run: async () => {
          log.push(job);
          return reply(runs++);
        },
        close: async () => {
          log.push(`-${job}`);
        },
      },
    };
  }, 0);
  return { harness, log };
}

describe('the harness', () => {
  test('lets sides take turns, and counts no warm-up', async () => {
    const { harness, log } = fake({
      ours: (n) => ({ ms: n, digest: n, peakRssMb: 5 - n }),
      peer: (n) => ({ ms: 10 * n }),
    });
    const { lanes } = await harness.run(caseOf([side('ours'), side('peer')]));
    expect(log).toEqual([
      '+ours',
      'ours',
      '+peer',
      ...['peer', 'ours', 'peer', 'ours', 'peer'],
      '-ours',
      '-peer',
    ]);
    expect(lanes).toMatchObject([
      { times: [1, 2], digest: 0, peakRssMb: 5, versions: { ours: '1' } },
      { times: [10, 20] },
    ]);
  });

  test('starts a process for every run where only a first run counts', async () => {
    const { harness, log } = fake({ ours: () => ({ ms: 1 }) });
    await harness.run(caseOf([side('ours')], { fresh: true, warmUp: 0 }));
    expect(log).toEqual(['+ours', 'ours', '-ours', '+ours', 'ours', '-ours']);
  });

  test('goes on without a peer that is absent or fails', async () => {
    const { harness } = fake({
      ours: () => ({ ms: 1 }),
      failing: () => {
        throw new Error('out of memory');
      },
    });
    const { lanes } = await harness.run(caseOf([side('ours'), side('missing'), side('failing')]));
    expect(lanes.map((lane) => lane.missing)).toEqual([
      undefined,
      { reason: 'no missing', failed: false },
      { reason: 'out of memory', failed: true },
    ]);
    expect(lanes[0]!.times).toHaveLength(2);
  });

  test('starts no peer where our side is missing', async () => {
    const { harness, log } = fake({ peer: () => ({ ms: 1 }) });
    const { lanes } = await harness.run(caseOf([side('ours'), side('peer')]));
    expect(log).toEqual(['+ours']);
    expect(lanes[1]!.times).toEqual([]);
  });

  test('prepares once, whoever needs it', async () => {
    const { harness, log } = fake({
      ours: () => ({ ms: 1 }),
      a: () => ({ ms: 1 }),
      b: () => ({ ms: 1 }),
      files: () => ({ ms: 1 }),
    });
    const needs = [command('files')];
    await harness.run(
      caseOf([side('ours'), side('a', { needs }), side('b', { needs })], { rounds: 1, warmUp: 0 }),
    );
    expect(log.filter((x) => x.endsWith('files'))).toEqual(['+files', '-files']);
  });

  test('a preparation that is absent makes those who need it so', async () => {
    const { harness } = fake({ ours: () => ({ ms: 1 }), a: () => ({ ms: 1 }) });
    const { lanes } = await harness.run(caseOf([side('ours'), side('a', { needs: [command('files')] })]));
    expect(lanes[1]!.missing).toEqual({ reason: 'no files', failed: false });
  });
});
