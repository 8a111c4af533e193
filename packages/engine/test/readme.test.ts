import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformWithOxc } from 'vite';
import { afterAll, describe, expect, it } from 'vitest';
import { FAMILIES } from './families/index.js';

const README = new URL('../README.md', import.meta.url);
const readme = readFileSync(README, 'utf8');

describe("the README's first example", () => {
  const [, example] = /```ts\n(.*?)```/s.exec(readme)!;
  // Beside the built package, where its name resolves as it does for users.
  const file = (extension: string) =>
    fileURLToPath(new URL(`../dist/readme-example.${extension}`, import.meta.url));
  afterAll(() => {
    for (const extension of ['mts', 'mjs']) rmSync(file(extension), { force: true });
  });

  it('is strict TypeScript', () => {
    writeFileSync(file('mts'), example!);
    const flags = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      '--module',
      'nodenext',
      '--skipLibCheck',
    ];
    const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));
    const check = spawnSync(process.execPath, [tsc, ...flags, file('mts')], { encoding: 'utf8' });
    expect(check.stdout).toBe('');
    expect(check.status).toBe(0);
  });
  it('trains as it stands, with the built package', async () => {
    writeFileSync(file('mjs'), (await transformWithOxc(example!, 'example.ts')).code);
    const { stdout, stderr } = spawnSync(process.execPath, [file('mjs')], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const losses = [...stdout.matchAll(/^step (\d+): loss (\S+)$/gm)].map(([, , loss]) => Number(loss));
    expect(losses).toHaveLength(4);
    expect(losses.at(-1)).toBeLessThan(2e-3);
    const [, predicted] = /^sin\(1\) is 0\.841, predicted (\S+)$/m.exec(stdout)!;
    expect(Math.abs(Number(predicted) - Math.sin(1))).toBeLessThan(0.02);
  });
});

it('its list has every operation (npm run tally -w @sextant/engine brings it up to date)', () => {
  const names = (family: string) => Object.keys(FAMILIES[family]!).map((op) => `\`${op}\``);
  const list = Object.keys(FAMILIES)
    .map((family) => `- **${family}**: ${names(family).join(' ')}`)
    .join('\n');
  const section = /(<!-- operations -->\n)(.*)(<!-- \/operations -->)/s;
  if (process.env.UPDATE_README) writeFileSync(README, readme.replace(section, `$1\n${list}\n\n$3`));
  else expect(section.exec(readme)![2]!.trim()).toBe(list);
});
