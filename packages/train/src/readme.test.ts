import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { expectBuilt, temporaryFolder } from '../test/support.js';

beforeAll(expectBuilt);
const path = temporaryFolder();

it("the README's first example trains and resumes as it stands", () => {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const readme = readFileSync(`${folder}/README.md`, 'utf8');
  const [, code] = /```js\n(.*?)```/s.exec(readme)!;
  const run = (...args: string[]) => {
    // 'sine.js' stands where the name of a script would.
    const command = ['--input-type=module', '--eval', code!, '--', 'sine.js', path('sine'), ...args];
    return spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8' });
  };
  const first = run();
  expect(first.stderr).toContain('step 500/500');
  const [, best] = /^step 500: best validation loss (\S+) at step \d+\n$/.exec(first.stdout)!;
  // Half of the variance of sin is 0.5: the network has learnt the curve.
  expect(Number(best)).toBeLessThan(0.05);
  const second = run('--resume');
  expect(second.stderr).toContain(`Continuing ${path('sine')} after step 500`);
  expect(second.stdout).toBe(first.stdout);
});
