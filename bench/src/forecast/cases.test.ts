import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { forecastCases } from './cases.js';
import { network, peerConfig } from './work.js';

const cases = forecastCases({ threads: 3, folder: '/tmp', python: 'python-of-mine' });

test('the network is of the size of the article', () => {
  const variant = { pattern: 'full', dropout: 0 } as const;
  expect(peerConfig(variant)).toMatchObject({ nCovariates: 4, dEmbed: 20, maxLength: 216, kernelSize: 6 });
  // Position and series embeddings; three layers of queries and keys, values, output, two norms, feed-forward; head.
  const layer = 2 * (200 * 25 * 6 + 200) + (200 * 25 + 200) + (25 * 200 + 25) + 100 + (2 * 25 * 100 + 125);
  expect(network(variant).module.numParameters).toBe(20 * (216 + 414) + 3 * layer + 52);
});

test('every case has a name of its own, our side first, and at least five runs that count', () => {
  expect(new Set(cases.map((c) => c.name)).size).toBe(cases.length);
  for (const { sides, rounds, warmUp } of cases) {
    expect(sides.map((s) => s.role).indexOf('ours')).toBe(0);
    expect(sides.filter((s) => s.role === 'ours')).toHaveLength(1);
    expect(rounds).toBeGreaterThanOrEqual(5);
    expect(warmUp).toBeGreaterThanOrEqual(1);
  }
});

test('all sides have the same threads, and their scripts are there', () => {
  const commands = cases.flatMap((c) => c.sides.flatMap((s) => [s.command, ...(s.needs ?? [])]));
  for (const { script, options, executable } of commands) {
    expect(options.threads).toBe(3);
    expect(existsSync(script.replace(/\.js$/, '.ts'))).toBe(true);
    expect(executable).toBe(script.endsWith('.py') ? 'python-of-mine' : process.execPath);
  }
});

test('sides of one case share a folder, which is no other case’s', () => {
  const folders = cases.map(
    (c) => new Set(c.sides.flatMap((s) => [s.command, ...(s.needs ?? [])].map((x) => x.options.folder))),
  );
  for (const each of folders) expect(each.size).toBe(1);
  expect(new Set(folders.flatMap((each) => [...each])).size).toBe(cases.length);
});
