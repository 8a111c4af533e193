/**
 * Trainings as processes of their own, while they run. They run on the built packages.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectBuilt, runTraining, startTraining, temporaryFolder } from '../test/support.js';

const path = temporaryFolder();
beforeAll(expectBuilt);

describe('a running training', () => {
  it('finishes its step and saves on SIGINT; its folder is closed to others meanwhile', async () => {
    const { child, ended } = startTraining(path('stopped'), '--steps', '1000000');
    while (!existsSync(path('stopped/checkpoints/latest'))) await sleep(10);
    const other = await runTraining(path('stopped'), '--resume');
    expect(other.stderr).toContain(`another training (process ${child.pid}) runs in this folder`);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(130);
    const { step, finished } = JSON.parse(stdout);
    expect(finished).toBe(false);
    expect(stderr).toContain(`Stopped after step ${step}. Everything is saved in ${path('stopped')}`);
    expect(await readFile(path('stopped/checkpoints/latest'), 'utf8')).toContain(
      String(step).padStart(8, '0'),
    );
    expect(existsSync(path('stopped/lock'))).toBe(false);
  });

  it('does not grow over 3,000 steps', async () => {
    const { stdout } = await runTraining(path('long'), '--steps', '3000', '--every', '500');
    // Every 100 steps. A training that kept 10 KB a step would grow by 27 MB from step 300 on.
    const { resident } = JSON.parse(stdout) as { resident: number[] };
    expect(resident).toHaveLength(30);
    // Medians of nine, 1,900 steps apart: one sample may stand before or after a collection of garbage.
    const median = (of: number[]): number => of.sort((a, b) => a - b)[4]!;
    expect(median(resident.slice(-9)) - median(resident.slice(2, 11))).toBeLessThan(15e6);
  });
});
