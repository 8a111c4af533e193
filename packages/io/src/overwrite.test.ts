import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from './errors.js';
import { checkOutputs, refuseOverwriting } from './overwrite.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-overwrite-'));
const at = (name: string) => join(folder, name);
writeFileSync(at('a'), 'a');
symlinkSync(at('a'), at('symbolic'));
linkSync(at('a'), at('hard'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('refuseOverwriting', () => {
  it.each(['a', 'symbolic', 'hard'])('refuses the input by the name %s', async (name) => {
    await expect(refuseOverwriting(['-', at('a')], [at('new'), at(name)])).rejects.toThrow(InputError);
  });
  it('refuses one path for two files that are not there yet', async () => {
    await expect(refuseOverwriting([at('new')], [`${folder}/./new`])).rejects.toThrow(
      /choose another output/,
    );
  });
  it('refuses one file for two outputs', async () => {
    await expect(refuseOverwriting([], [at('x'), `${folder}/./x`])).rejects.toThrow(/would be written twice/);
    await refuseOverwriting([], ['/dev/null', '/dev/null', '-', '-']);
  });
  it('lets other files, devices and standard streams pass', async () => {
    await refuseOverwriting([at('a'), '-', '/dev/null'], [at('b'), '-', '/dev/null']);
  });
});

describe('checkOutputs', () => {
  it('refuses what could not be written at the end, and inputs', async () => {
    await expect(checkOutputs(['-'], [at('new'), at('nowhere/x')])).rejects.toThrow(
      /cannot write .*nowhere\/x: no such file or folder/,
    );
    await expect(checkOutputs(['-'], [folder])).rejects.toThrow(/it is a folder/);
    await expect(checkOutputs([at('a')], [at('a')])).rejects.toThrow(/which would be lost/);
  });
  it('leaves all as it was, and waits for no reader of a pipe', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const before = readdirSync(folder).sort();
    await checkOutputs(['-'], [at('new'), at('a'), at('pipe'), '-', '/dev/null']);
    expect(readdirSync(folder).sort()).toEqual(before);
    expect(readFileSync(at('a'), 'utf8')).toBe('a');
  });
});
