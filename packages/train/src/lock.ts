/**
 * @module A lock file that stops two trainings in one folder.
 */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileError, InputError } from '@sextant/io';

/** Who holds a lock, as its file says. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, where the system tells: a number that a later process was given is another process. */
  readonly started: string | undefined;
}

/** Locks of this process, by absolute path. */
const held = new Set<string>();

/** A held lock. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes a lock, also over from a process of this machine that no longer runs.
 *
 * @throws InputError naming the process that holds it.
 */
export async function acquireLock(path: string): Promise<Lock> {
  const key = resolve(path);
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), started: startOf(process.pid) });
  for (;;) {
    try {
      // In one go: another process must not find the file empty.
      writeFileSync(path, mine, { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError('write', path, error);
    }
    const found = await readSettled(path);
    if (found === undefined) continue;
    const holder = parse(found);
    if (holder && isRunning(holder, key)) {
      const elsewhere = holder.host === hostname() ? '' : ` of ${holder.host}`;
      const advice = elsewhere ? `, or remove ${path} if that process no longer runs` : '';
      throw new InputError(
        `another training (process ${holder.pid}${elsewhere}) runs in this folder: wait until it ends${advice} (${path})`,
      );
    }
    await removeStale(path, found);
  }
  held.add(key);
  return {
    release: async () => {
      if (held.delete(key)) await rm(path, { force: true });
    },
  };
}

/** The file's text; '' when it stays empty because its writer died; undefined when it is gone. */
async function readSettled(path: string): Promise<string | undefined> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== '') return text;
    await sleep(20);
  }
  return '';
}

/** A guard older than this was left by a process that died with it. */
const GUARD_SECONDS = 10;

/**
 * Removes a stale lock, unless another process has done so and perhaps locked anew: of those that found the
 * stale lock, only the one that holds the guard may look again and remove it.
 */
async function removeStale(path: string, stale: string): Promise<void> {
  const guard = `${path}.takeover`;
  try {
    writeFileSync(guard, '', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError('write', guard, error);
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > GUARD_SECONDS * 1000) rmSync(guard, { force: true });
    await sleep(20);
    return;
  }
  try {
    if (readFileSync(path, 'utf8') === stale) rmSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError('write', path, error);
  } finally {
    rmSync(guard, { force: true });
  }
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, host, started } = JSON.parse(text) as Partial<Holder>;
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host, started } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a lock's holder may still be at work. Processes of other machines cannot be asked. */
function isRunning({ pid, host, started }: Holder, key: string): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return held.has(key);
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return started === startOf(pid);
}

/** When a process started, in the clock ticks of Linux's /proc; undefined on other systems. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets and may hold spaces; the start time is the 22nd.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
