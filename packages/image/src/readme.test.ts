import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawn } from '../test/pictures.js';
import { decode } from './decode.js';
import { encodePng } from './encode.js';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Inside the package, where its name resolves as it does for users. */
let folder: string;
beforeAll(() => {
  if (!existsSync(path('../dist'))) throw new Error('the package is not built: npm run build');
  folder = mkdtempSync(`${path('../dist')}/readme-`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("the README's example runs", async () => {
  mkdirSync(`${folder}/pictures`);
  writeFileSync(`${folder}/pictures/a.png`, await encodePng(drawn(20, 10)));
  writeFileSync(`${folder}/pictures/b.jpg`, 'text');
  const [, code] = /```js\n(.*?)```/s.exec(readFileSync(path('../README.md'), 'utf8'))!;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code!], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect([stderr, stdout]).toEqual(['', 'left out b.jpg: not a picture\na.png 20 10 undefined\n']);
  expect((await decode(readFileSync(`${folder}/sheet.png`))).width).toBe(72);
});
