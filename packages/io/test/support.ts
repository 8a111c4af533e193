/**
 * @module What the tests of this package share: a seeded generator, corrupted copies, temporary folders.
 */
import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { InputError } from '../src/errors.js';

/** Uniform numbers in [0, 1) that depend on the seed only (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Calls `decode` on every prefix of `bytes` (about `count` of them) and demands an InputError each time. */
export function expectTruncationsRefused(
  bytes: Uint8Array,
  decode: (b: Uint8Array) => unknown,
  count = 2000,
) {
  const step = Math.max(1, Math.floor(bytes.length / count));
  for (let length = 0; length < bytes.length; length += step) {
    expectInputError(() => decode(bytes.slice(0, length)), `the first ${length} bytes`);
  }
}

/**
 * Calls `decode` on copies of `bytes` with a few random bytes changed: it must return, or throw an InputError of one
 * line. A hang is stopped by the test runner.
 *
 * @returns the messages of the errors.
 */
export function expectFlipsSurvived(bytes: Uint8Array, decode: (b: Uint8Array) => unknown, count = 2000) {
  const random = seeded(bytes.length);
  const refused: string[] = [];
  for (let trial = 0; trial < count; trial++) {
    const copy = bytes.slice();
    const flips = 1 + Math.floor(random() * 4);
    for (let i = 0; i < flips; i++) copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
    try {
      decode(copy);
    } catch (error) {
      if (!(error instanceof InputError))
        throw new Error(`flip ${trial}: ${String(error)}`, { cause: error });
      if (error.message.includes('\n'))
        throw new Error(`flip ${trial}: more than one line: ${error.message}`);
      refused.push(error.message);
    }
  }
  return refused;
}

/** Demands that `run` throws an InputError of one line. */
export function expectInputError(run: () => unknown, what = 'the call'): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof InputError)) throw new Error(`${what}: ${String(error)}`, { cause: error });
    expect(error.message).not.toContain('\n');
    return error.message;
  }
  throw new Error(`${what}: no error was thrown`);
}

/** A temporary folder for one test file, removed at its end; call it at the top level. */
export function temporaryFolder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'sextant-io-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

/** A path under the `shared` folder that lies beside the repository, or undefined (with a printed reason) if absent. */
export function shared(path: string): string | undefined {
  const full = join(fileURLToPath(new URL('../../../../shared/', import.meta.url)), path);
  if (existsSync(full)) return full;
  console.warn(`skipped: ../shared/${path} is not there`);
  return undefined;
}
