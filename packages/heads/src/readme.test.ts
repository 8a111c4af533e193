import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Inside the package, where its name resolves as it does for users. */
let folder: string;
beforeAll(() => {
  if (!existsSync(path('../dist'))) throw new Error('the package is not built: npm run build');
  folder = mkdtempSync(`${path('../dist')}/readme-`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("the README's example runs", () => {
  const [, code] = /```js\n(.*?)```/s.exec(readFileSync(path('../README.md'), 'utf8'))!;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code!], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect([stderr, stdout]).toEqual(['', '16384 136 0.9 9 30\n1000 10000 10001 [ 1000, 8 ]\n100 true\n']);
  expect(readdirSync(folder).sort()).toEqual(['head.png', 'heads', 'sheet.png']);
  expect(readdirSync(`${folder}/heads/images`).length).toBe(20);
});
