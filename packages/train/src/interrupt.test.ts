import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { expectBuilt } from '../test/support.js';

beforeAll(expectBuilt);

const code = `
  import { interruptSignal } from '@sextant/train';
  const { signal } = interruptSignal(() => console.log('stopping'));
  signal.addEventListener('abort', () => console.log('aborted'));
  setInterval(() => {}, 1000);
  console.log('ready');
`;

it.each(['SIGINT', 'SIGTERM'] as const)(
  '%s aborts, the same again within a second does nothing, later it kills',
  async (name) => {
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { cwd });
    let written = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      written += text;
    });
    const said = async (word: string) => {
      while (!written.includes(word)) await sleep(5);
    };
    const ended = once(child, 'close');
    await said('ready');
    child.kill(name);
    await said('aborted');
    child.kill(name);
    await sleep(1100);
    expect(child.exitCode ?? child.signalCode).toBeNull();
    child.kill(name);
    expect((await ended)[1]).toBe(name);
    expect(written).toBe('ready\nstopping\naborted\n');
  },
);
