import { readFileSync } from 'node:fs';
import * as engine from '@sextant/engine';
import { expect, it } from 'vitest';
import * as nn from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, example]) => example!);

/** Runs an example as it stands; returns what it prints. */
async function printed(example: string): Promise<string[]> {
  const body = example.replace(/^import (\{.*\}) from '(.*)';$/gm, "const $1 = modules['$2'];");
  const lines: string[] = [];
  const modules = { '@sextant/engine': engine, '@sextant/nn': nn };
  const run = Object.getPrototypeOf(async () => {}).constructor('modules', 'console', body);
  await run(modules, { log: (line: string) => lines.push(line) });
  return lines;
}

it("the README's first example learns a sine", async () => {
  const lines = await printed(examples[0]!);
  expect(lines).toHaveLength(6);
  expect(Number(/loss (\S+)$/.exec(lines[3]!)![1])).toBeLessThan(1e-3);
  expect(lines[4]).toMatch(/^sin\(1\) is 0\.841, predicted 0\.8\d\d$/);
  expect(lines[5]).toBe('hidden.weight [32,1], hidden.bias [32], output.weight [1,32], output.bias [1]');
});

it("the README's second example learns to tell pictures apart", async () => {
  expect(examples).toHaveLength(2);
  const lines = await printed(examples[1]!);
  expect(lines).toHaveLength(4);
  expect(Number(/loss (\S+),/.exec(lines[2]!)![1])).toBeLessThan(0.5);
  expect(Number(/: (\S+)$/.exec(lines[3]!)![1])).toBeGreaterThan(0.8);
});

it('the README names everything the package has', () => {
  const missing = Object.keys(nn).filter((name) => {
    const family = name.replace(/[123]d$/, '1d').replace(/Cell$/, '');
    return !readme.includes(family);
  });
  expect(missing).toEqual([]);
});
