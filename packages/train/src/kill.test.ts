/**
 * Trainings as processes of their own, killed as `kill -9` does and resumed. They run on the built packages.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectBuilt, runTraining, startTraining, temporaryFolder } from '../test/support.js';

const path = temporaryFolder();
const files = async (folder: string) => ({
  metrics: await readFile(path(`${folder}/metrics.jsonl`), 'utf8'),
  last: await readFile(path(`${folder}/checkpoints/step-00000100.safetensors`)),
});

const leftovers = async (folder: string) =>
  (await readdir(path(`${folder}/checkpoints`))).filter((name) => name.endsWith('.tmp'));

beforeAll(async () => {
  expectBuilt();
  const { code, stderr } = await runTraining(path('unbroken'));
  expect(stderr).toContain('step 100/100');
  expect(code).toBe(0);
});

/** Trains in a folder until `moment` comes and kills. */
async function killedAt(moment: string, folder: string, ...args: string[]) {
  const killed = await runTraining(path(folder), '--die', moment, ...args);
  expect(killed.signal, killed.stderr).toBe('SIGKILL');
  expect(existsSync(path(`${folder}/lock`))).toBe(true);
  // A checkpoint that was being written is there, half or whole, under its temporary name.
  expect(await leftovers(folder)).toHaveLength(moment.startsWith('step') ? 0 : 1);
}

async function finishesLikeUnbroken(folder: string) {
  const { code, stderr } = await runTraining(path(folder), '--resume');
  expect(code, stderr).toBe(0);
  expect(await files(folder)).toEqual(await files('unbroken'));
  expect(await leftovers(folder)).toEqual([]);
}

describe('kill -9, then --resume, gives the files of an unbroken run', () => {
  it('in a step, in writing a checkpoint, and before it has its name', async () => {
    await killedAt('step:37', 'thrice');
    await killedAt('write:2', 'thrice', '--resume');
    await killedAt('rename:3', 'thrice', '--resume');
    await finishesLikeUnbroken('thrice');
  });

  it('in writing the first checkpoint', async () => {
    await killedAt('write:1', 'first');
    await finishesLikeUnbroken('first');
  });

  it('at any time', async () => {
    let kills = 0;
    for (let wait = 150; ; wait *= 2) {
      const { child, ended } = startTraining(
        path('often'),
        ...(existsSync(path('often/config.json')) ? ['--resume'] : []),
      );
      await Promise.race([sleep(wait), ended]);
      child.kill('SIGKILL');
      if ((await ended).code === 0) break;
      kills++;
    }
    expect(kills).toBeGreaterThan(0);
    expect(await files('often')).toEqual(await files('unbroken'));
  });
});
