import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

it("the README's example makes the README's pictures, byte for byte", () => {
  const [, code] = /```js\n(.*?)```/s.exec(readFileSync(path('../README.md'), 'utf8'))!;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code!], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  for (const name of ['fan.png', 'growth.svg']) {
    const made = readFileSync(`${folder}/${name}`);
    expect(made.equals(readFileSync(path(`../pictures/${name}`))), name).toBe(true);
    expect(made.length).toBeLessThan(60_000);
  }
});
