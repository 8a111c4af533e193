/**
 * @module What the tests of this package share.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { array, type NDArray, Variable } from '@sextant/engine';
import { afterAll, beforeAll } from 'vitest';
import type { Stateful } from '../src/checkpoint.js';

/** A temporary folder for one test file, removed at its end; call it at the top level and use the result in tests. */
export function temporaryFolder(): (name: string) => string {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sextant-train-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

/** Variables under the given paths, as a module would have them. */
export function variables(
  values: Record<string, NDArray | number[]>,
): Stateful & { at(path: string): Variable } {
  const map = new Map(
    Object.entries(values).map(([path, value]) => [
      path,
      new Variable(Array.isArray(value) ? array(value) : value),
    ]),
  );
  return { namedVariables: () => map, at: (path) => map.get(path)! };
}

/** Processes and threads of the tests run on the built packages. @throws Error where they are not built. */
export function expectBuilt(): void {
  const built = new URL('../dist/index.js', import.meta.url);
  if (!existsSync(built))
    throw new Error('these tests start programs of the built packages: run `npm run build` first');
}

const script = fileURLToPath(new URL('fixtures/train.mjs', import.meta.url));

/** Starts the training of `fixtures/train.mjs` as a process of its own. */
export function startTraining(...args: string[]) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return { child, ended };
}

/** The same, when it has ended. */
export const runTraining = (...args: string[]) => startTraining(...args).ended;
