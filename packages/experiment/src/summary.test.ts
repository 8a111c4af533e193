import { expect, it } from 'vitest';
import { cell, markdown, summary } from './summary.js';

const measured = (row: string, seed: number, loss: number) => ({
  job: { row, seed, settings: {}, run: async () => undefined },
  figures: { 'R0.5 ↓': loss, 'train s': 10 * seed },
});

it('averages over seeds and tells the least and the greatest', () => {
  const rows = summary([measured('a', 0, 0.1), measured('b', 0, 0.5), measured('a', 1, 0.3)], {
    'train s': 0,
  });
  expect(rows).toEqual([
    { method: 'a', seeds: 2, 'R0.5 ↓': '0.2000 (0.1000–0.3000)', 'train s': '5 (0–10)' },
    { method: 'b', seeds: 1, 'R0.5 ↓': '0.5000', 'train s': '0' },
  ]);
  expect(cell([], 2)).toBe('');
});

it('writes rows of different columns as one table', () => {
  expect(markdown([{ a: 1 }, { a: 'x', b: 2 }])).toBe('| a | b |\n| --- | --- |\n| 1 |  |\n| x | 2 |');
});
