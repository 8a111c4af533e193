/**
 * Processes that end while they write. They run on the built package.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/support.js';

const path = temporaryFolder();

/** Starts a process that writes `a.bin` in a folder of its own and then runs `script`; waits until it says ready. */
async function startWriting(folder: string, script: string) {
  await mkdir(path(folder));
  const code = `
    import { OutputFile } from '${new URL('../dist/files.js', import.meta.url)}';
    const file = await OutputFile.open('a.bin');
    await file.append(new Uint8Array(1000));
    setInterval(() => file.length, 1000);
    ${script}
    console.log('ready');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: path(folder),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), ended]);
  return { child, ended };
}

describe('a process that ends while it writes a file', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('by %s leaves nothing behind', async (signal) => {
    const { child, ended } = await startWriting(signal, '');
    expect(await readdir(path(signal))).toHaveLength(1);
    child.kill(signal);
    expect(await ended).toEqual([null, signal]);
    expect(await readdir(path(signal))).toEqual([]);
  });

  it('by process.exit leaves nothing behind', async () => {
    const { ended } = await startWriting('exit', 'process.exit(3);');
    expect(await ended).toEqual([3, null]);
    expect(await readdir(path('exit'))).toEqual([]);
  });

  it('completes it where the program listens to the signal itself', async () => {
    const { child, ended } = await startWriting(
      'handled',
      `process.on('SIGTERM', async () => {
        await file.commit();
        process.exit();
      });`,
    );
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(await readdir(path('handled'))).toEqual(['a.bin']);
  });

  it('is killed by the signal after the file is complete', async () => {
    const { child, ended } = await startWriting('complete', 'await file.commit();');
    child.kill('SIGTERM');
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(await readdir(path('complete'))).toEqual(['a.bin']);
  });
});
