import { readFileSync } from 'node:fs';
import { TensorError } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { Command } from 'commander';
import { expect, it, vi } from 'vitest';
import { main } from './main.js';

const errors: Record<string, () => unknown> = {
  input: () => new InputError('a.wav: it is empty\nsecond line'),
  tensor: () => new TensorError('threads', 'must be fewer', ''),
  system: () => {
    try {
      return readFileSync('/none');
    } catch (error) {
      return error;
    }
  },
  bug: () => new TypeError('f is not a function\nsecond line'),
  native: () => new Error('std::bad_alloc'),
  node: () => {
    try {
      return Buffer.from(3 as never);
    } catch (error) {
      return error;
    }
  },
};

vi.mock('./systems.js', () => ({
  SYSTEMS: [
    {
      name: 'fake',
      summary: '',
      modules: {},
      verbs: () => [
        new Command('throw').argument('<kind>').action((kind: string) => {
          throw errors[kind]!();
        }),
      ],
    },
  ],
}));

async function run(...args: string[]) {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    return { code: await main(args), text: written.mock.calls.map(([chunk]) => chunk).join('') };
  } finally {
    written.mockRestore();
  }
}

it.each([
  ['input', 'a.wav: it is empty'],
  ['tensor', 'threads: must be fewer'],
  ['system', "ENOENT: no such file or directory, open '/none'"],
  ['bug', 'internal error: TypeError: f is not a function; run again with --debug and report it'],
  ['native', 'internal error: Error: std::bad_alloc; run again with --debug and report it'],
])('error of kind %s: one line, exit 1', async (kind, line) => {
  expect(await run('fake', 'throw', kind)).toEqual({ code: 1, text: `sextant: ${line}\n` });
});

it('an error of Node about a call of ours is internal', async () => {
  expect((await run('fake', 'throw', 'node')).text).toMatch(/^sextant: internal error: TypeError/);
});

it('--debug shows the stack, wherever it stands', async () => {
  for (const args of [
    ['--debug', 'fake', 'throw', 'bug'],
    ['fake', 'throw', '--debug', 'bug'],
    ['fake', 'throw', 'bug', '--debug'],
  ]) {
    expect((await run(...args)).text).toMatch(/TypeError: f is not a function[\s\S]*main\.test\.ts/);
  }
});
