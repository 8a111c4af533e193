import { linkSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from './errors.js';
import { refuseOverwriting } from './overwrite.js';

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
  it('lets other files, devices and standard streams pass', async () => {
    await refuseOverwriting([at('a'), '-', '/dev/null'], [at('b'), '-', '/dev/null']);
  });
});
