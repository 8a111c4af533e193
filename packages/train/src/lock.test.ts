import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { InputError } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/support.js';
import { acquireLock } from './lock.js';

const path = temporaryFolder();

const takes = async (file: string) => {
  const lock = await acquireLock(file);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
  await lock.release();
  expect(existsSync(file)).toBe(false);
};

describe('acquireLock', () => {
  it('holds until released, against this process too', async () => {
    const lock = await acquireLock(path('a'));
    await expect(acquireLock(path('a'))).rejects.toThrow(
      new InputError(
        `another training (process ${process.pid}) runs in this folder: wait until it ends (${path('a')})`,
      ),
    );
    await lock.release();
    await takes(path('a'));
  });

  it('respects a living process and one of another machine', async () => {
    // On Linux a lock names its process's start time too: the 22nd field of this file.
    const started = /^\d+ \(.*\) (?:\S+ ){19}(\d+)/s.exec(
      await readFile(`/proc/${process.ppid}/stat`, 'latin1').catch(() => ''),
    )?.[1];
    await writeFile(path('b'), JSON.stringify({ pid: process.ppid, host: hostname(), started }));
    await expect(acquireLock(path('b'))).rejects.toThrow(`another training (process ${process.ppid}) runs`);
    await writeFile(path('b'), JSON.stringify({ pid: 1, host: 'elsewhere' }));
    await expect(acquireLock(path('b'))).rejects.toThrow(
      `another training (process 1 of elsewhere) runs in this folder: wait until it ends, or remove ${path('b')}`,
    );
  });

  it('takes over from a process that ended, and from a number that means another process now', async () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    await writeFile(path('c'), JSON.stringify({ pid: dead, host: hostname() }));
    await takes(path('c'));
    await writeFile(path('c'), JSON.stringify({ pid: process.ppid, host: hostname(), started: '1' }));
    await takes(path('c'));
    await writeFile(path('c'), JSON.stringify({ pid: process.pid, host: hostname() }));
    await takes(path('c'));
  });

  it.each(['', 'not json', '{"pid":"x"}'])('takes over from a file that holds %o', async (text) => {
    await writeFile(path('d'), text);
    await takes(path('d'));
  });

  it('gives a stale lock to one of many', async () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    await writeFile(path('e'), JSON.stringify({ pid: dead, host: hostname() }));
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => acquireLock(path('e'))));
    const locks = results.flatMap((r) => (r.status === 'fulfilled' ? [r.value] : []));
    expect(locks).toHaveLength(1);
    await locks[0]!.release();
  });

  it('is not stopped by a guard that a dead process left', async () => {
    await writeFile(path('f'), '');
    await writeFile(path('f.takeover'), '');
    const longAgo = Date.now() / 1000 - 60;
    await utimes(path('f.takeover'), longAgo, longAgo);
    await takes(path('f'));
    expect(existsSync(path('f.takeover'))).toBe(false);
  });

  it('names the folder that is missing', async () => {
    await expect(acquireLock(path('none/lock'))).rejects.toThrow(
      new InputError(`cannot write ${path('none/lock')}: no such file or folder; check the path`),
    );
  });
});
