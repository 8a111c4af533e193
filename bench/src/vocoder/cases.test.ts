import { existsSync } from 'node:fs';
import { PAPER_GENERATOR } from '@sextant/vocoder';
import { expect, test } from 'vitest';
import { vocoderCases } from './cases.js';
import { audioSeconds, flopsPerFrame } from './work.js';

const cases = vocoderCases({ threads: 3, folder: '/tmp', python: 'python-of-mine' });

test('the generator does the multiply-adds of the paper', () => {
  expect(flopsPerFrame(PAPER_GENERATOR)).toBe(2 * 45_170_688);
  expect(audioSeconds('paper')).toBeCloseTo(10, 1);
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
