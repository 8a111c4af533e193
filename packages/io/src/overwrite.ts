/**
 * @module Outputs that cannot be written, or would replace what they are made of.
 */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError } from './errors.js';
import { requireWritable } from './files.js';

/**
 * What tells files apart whatever they are called: device and inode, or the path of one that is not there yet.
 * Undefined for devices and pipes, which lose nothing.
 */
async function identity(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (!found) return resolve(path);
  return found.isFile() || found.isDirectory() ? `${found.dev}:${found.ino}` : undefined;
}

/**
 * @param inputs - paths; undefined where an option was not given.
 * @throws InputError when one of the outputs is one of the inputs, or another output, by whatever name. `-` is never one.
 */
export async function refuseOverwriting(
  inputs: readonly (string | undefined)[],
  outputs: readonly string[],
): Promise<void> {
  const known = new Map<string, string>();
  for (const input of inputs) {
    if (input === undefined || input === '-') continue;
    const id = await identity(input);
    if (id !== undefined) known.set(id, input);
  }
  const written = new Set<string>();
  for (const output of outputs) {
    const id = output === '-' ? undefined : await identity(output);
    const lost = id === undefined ? undefined : known.get(id);
    if (lost !== undefined) {
      const same = lost === output ? 'the input' : `the input ${lost}`;
      throw new InputError(`${output} is ${same}, which would be lost: choose another output`);
    }
    if (id === undefined) continue;
    if (written.has(id)) throw new InputError(`${output} would be written twice: choose another output`);
    written.add(id);
  }
}

/**
 * What a command does first that makes files of files.
 *
 * @throws InputError when an output is one of the inputs or another output, or cannot be written. `-` always can.
 */
export async function checkOutputs(
  inputs: readonly (string | undefined)[],
  outputs: readonly string[],
): Promise<void> {
  await refuseOverwriting(inputs, outputs);
  for (const output of outputs) if (output !== '-') await requireWritable(output);
}
