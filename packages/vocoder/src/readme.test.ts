import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readAudio } from '@sextant/io';
import { afterAll, beforeAll, expect, it } from 'vitest';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const dist = path('../dist');

/** Inside the package, where its name resolves as it does for users. */
let folder: string;
beforeAll(() => {
  if (!existsSync(dist)) throw new Error('the package is not built: npm run build');
  folder = mkdtempSync(`${dist}/readme-`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("the README's example runs as it stands", async () => {
  const [, code] = /```js\n(.*?)```/s.exec(readFileSync(path('../README.md'), 'utf8'))!;
  copyFileSync(path('../samples/sample.wav'), `${folder}/speech.wav`);
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code!], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const [, frames, samples] = /^(\d+) frames, (\d+) samples\n$/.exec(stdout)!.map(Number);
  expect(samples).toBe(256 * frames!);
  const again = await readAudio(`${folder}/again.wav`);
  expect([again.sampleRate, again.samples.shape]).toEqual([22050, [samples, 1]]);
});
