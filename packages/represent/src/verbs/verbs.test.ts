import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array } from '@sextant/engine';
import { blank, writePng } from '@sextant/image';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verbs } from '../commands.js';
import { writeVectors } from '../vectors.js';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verbs-'));
  for (const [set, classes] of [
    ['known', ['cat', 'dog']],
    ['other', ['cat', 'zebra']],
  ] as const)
    for (const name of classes) {
      await mkdir(at(set, name), { recursive: true });
      for (const file of ['1.png', '2.png']) await writePng(at(set, name, file), blank(40, 30));
    }
  await writeVectors(at('two.npy'), { vectors: array([[1, 2]]), names: ['a'] });
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a verb as the command line does. */
const run = (name: string, ...args: string[]): Promise<unknown> => {
  const verb = verbs().find((command) => command.name() === name)!;
  return verb.exitOverride().parseAsync(args, { from: 'user' });
};

describe('search', () => {
  it('says which vectors are not of these weights', () =>
    expect(run('search', at('known', 'cat', '1.png'), '--in', at('two.npy'))).rejects.toThrow(
      /two.npy: vectors of 2 numbers, where these weights give 128; give --weights as embed had them/,
    ));

  it('refuses pictures without a sheet to show them on', () =>
    expect(
      run('search', at('known', 'cat', '1.png'), '--in', at('two.npy'), '--pictures', at('known')),
    ).rejects.toThrow(/give -o too/));
});

describe('knn and probe', () => {
  it.each(['knn', 'probe'])('%s refuses classes that were not learnt', (verb) =>
    expect(run(verb, at('known'), at('other'), '--quiet')).rejects.toThrow(
      /other: the class "zebra" is none/,
    ),
  );
});

describe('embed', () => {
  it('finds out first that the names cannot be written', async () => {
    await mkdir(at('v.names.csv'));
    await expect(run('embed', at('nowhere'), '-o', at('v.npy'))).rejects.toThrow(
      /cannot write .*v.names.csv/,
    );
  });
});

describe('train', () => {
  it.each([
    ['few pictures', ['known'], /4 items, which do not fill one batch of 128; give more/],
    ['unknown classes', ['known', '--test', 'other'], /the class "zebra" is none/],
    ['no pictures', ['nowhere'], /nowhere: no such file/],
  ])('of %s leaves no run behind', async (_, args, message) => {
    const paths = args.map((arg) => (arg.startsWith('--') ? arg : at(arg)));
    await expect(run('train', ...paths, '-o', at('run'), '--quiet')).rejects.toThrow(message);
    expect(existsSync(at('run'))).toBe(false);
  });
});
