import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { verifyCase } from '@sextant/system';
import { describe, expect, it } from 'vitest';
import { edit } from './index.js';

const GOLDENS = fileURLToPath(new URL('../../../../shared/goldens/edit', import.meta.url));
const present = existsSync(GOLDENS);
if (!present) console.warn(`edit: reference cases skipped, there is no ${GOLDENS}`);

describe.skipIf(!present)('reference cases', () => {
  const cases = present ? readdirSync(GOLDENS).filter((name) => !name.startsWith('stylegan2')) : [];
  it.each(cases)('%s', async (folder) => {
    const report = await verifyCase(`${GOLDENS}/${folder}`, (name) => edit.modules[name.split('/')[1]!]!);
    expect(report.tensors.length).toBeGreaterThan(0);
    expect(report.tensors.filter((t) => !t.pass)).toEqual([]);
  });
});
