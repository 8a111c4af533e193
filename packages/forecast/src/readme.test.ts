import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const dist = path('../dist');

/** Inside the package, where its name resolves as it does for users. */
let folder: string;
beforeAll(() => {
  if (!existsSync(dist)) throw new Error('the package is not built: npm run build');
  folder = mkdtempSync(`${dist}/readme-`);
  copyFileSync(path('../samples/load.csv'), `${folder}/load.csv`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: readonly string[]) => spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });

it("the README's example runs as it stands", { timeout: 120_000 }, () => {
  const [, code] = /```js\n(.*?)```/s.exec(readFileSync(path('../README.md'), 'utf8'))!;
  const { stdout, stderr } = run(['--input-type=module', '--eval', code!]);
  expect(stderr).toBe('');
  expect(stdout).toBe('north: 3 quantiles, 48 steps\n');
  expect(existsSync(`${folder}/load.safetensors`)).toBe(true);
});

it('the sample is what its script makes', () => {
  copyFileSync(path('../samples/make.mjs'), `${folder}/make.mjs`);
  expect(run(['make.mjs']).stderr).toBe('');
  expect(readFileSync(`${folder}/load.csv`).equals(readFileSync(path('../samples/load.csv')))).toBe(true);
  expect(statSync(path('../samples/load.csv')).size).toBeLessThan(60_000);
});
