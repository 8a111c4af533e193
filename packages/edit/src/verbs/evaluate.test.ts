import { expect, it, vi } from 'vitest';
import { evaluateCommand } from './evaluate.js';

const released: string[] = [];

vi.mock('../load.js', () => ({
  loadEditor: async () => ({ table: { attributes: [] }, release: async () => released.push('editor') }),
}));
vi.mock('../identity/load.js', () => ({
  loadRecognizer: async () => ({ release: async () => released.push('recognizer') }),
}));
vi.mock('../evaluation/compare.js', () => ({
  populationOf: () => Promise.reject(new Error('out of memory')),
}));

it('frees what it has loaded when it fails', async () => {
  const evaluation = evaluateCommand().parseAsync(['--quiet'], { from: 'user' });
  await expect(evaluation).rejects.toThrow('out of memory');
  expect(released.sort()).toEqual(['editor', 'recognizer']);
});
