/**
 * Trainings as processes of their own, killed as `kill -9` does and resumed. They run on the built packages.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectBuilt, temporaryFolder } from '../test/support.js';

const path = temporaryFolder();
const script = fileURLToPath(new URL('../test/fixtures/train.mjs', import.meta.url));

function start(...args: string[]) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return { child, ended };
}

const run = (...args: string[]) => start(...args).ended;

const files = async (folder: string) => ({
  metrics: await readFile(path(`${folder}/metrics.jsonl`), 'utf8'),
  last: await readFile(path(`${folder}/checkpoints/step-00000100.safetensors`)),
});

const leftovers = async (folder: string) =>
  (await readdir(path(`${folder}/checkpoints`))).filter((name) => name.endsWith('.tmp'));

beforeAll(async () => {
  expectBuilt();
  const { code, stderr } = await run(path('unbroken'));
  expect(stderr).toContain('step 100/100');
  expect(code).toBe(0);
});

/** Trains in a folder until `moment` comes and kills. */
async function killedAt(moment: string, folder: string, ...args: string[]) {
  const killed = await run(path(folder), '--die', moment, ...args);
  expect(killed.signal, killed.stderr).toBe('SIGKILL');
  expect(existsSync(path(`${folder}/lock`))).toBe(true);
  // A checkpoint that was being written is there, half or whole, under its temporary name.
  expect(await leftovers(folder)).toHaveLength(moment.startsWith('step') ? 0 : 1);
}

async function finishesLikeUnbroken(folder: string) {
  const { code, stderr } = await run(path(folder), '--resume');
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
      const { child, ended } = start(
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

describe('a running training', () => {
  it('finishes its step and saves on SIGINT; its folder is closed to others meanwhile', async () => {
    const { child, ended } = start(path('stopped'), '--steps', '1000000');
    while (!existsSync(path('stopped/checkpoints/latest'))) await sleep(10);
    const other = await run(path('stopped'), '--resume');
    expect(other.stderr).toContain(`another training (process ${child.pid}) runs in this folder`);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(0);
    const { step, finished } = JSON.parse(stdout);
    expect(finished).toBe(false);
    expect(stderr).toContain(`Stopped after step ${step}. Everything is saved in ${path('stopped')}`);
    expect(await readFile(path('stopped/checkpoints/latest'), 'utf8')).toContain(
      String(step).padStart(8, '0'),
    );
    expect(existsSync(path('stopped/lock'))).toBe(false);
  });

  it('does not grow over 3,000 steps', async () => {
    const { stdout } = await run(path('long'), '--steps', '3000', '--every', '500');
    // Every 100 steps. A training that kept 10 KB a step would grow by 27 MB from step 300 on.
    const { resident } = JSON.parse(stdout) as { resident: number[] };
    expect(resident).toHaveLength(30);
    expect(resident.at(-1)! - resident[2]!).toBeLessThan(15e6);
  });
});
