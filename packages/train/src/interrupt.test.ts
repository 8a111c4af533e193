import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { expectBuilt } from '../test/support.js';

beforeAll(expectBuilt);

const code = `
  import { interruptSignal } from '@sextant/train';
  const interrupt = interruptSignal(() => console.log('stopping'));
  interrupt.signal.addEventListener('abort', () => console.log('aborted ' + interrupt.exitCode));
  setInterval(() => {}, 1000);
  console.log('ready ' + interrupt.exitCode);
`;

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)(
  '%s aborts with exit code %i, the same again within a second does nothing, later it kills',
  async (name, exitCode) => {
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
    expect(written).toBe(`ready undefined\nstopping\naborted ${exitCode}\n`);
  },
);
