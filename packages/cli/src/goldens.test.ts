import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { verifyCase } from '@sextant/system';
import { describe, expect, it } from 'vitest';
import { findModule, SYSTEMS } from './systems.js';

/** Reference cases made with the authors' code, beside the checkout; not part of it. */
const GOLDENS = fileURLToPath(new URL('../../../../shared/goldens', import.meta.url));
const present = existsSync(GOLDENS);
if (!present) console.warn(`goldens: skipped, there is no ${GOLDENS}`);

describe.skipIf(!present)('reference cases', () => {
  for (const { name } of SYSTEMS) {
    const folder = `${GOLDENS}/${name}`;
    const cases = present
      ? readdirSync(folder).filter((entry) => existsSync(`${folder}/${entry}/case.json`))
      : [];
    it.each(cases.sort())(`${name}/%s`, { timeout: 300_000 }, async (entry) => {
      const report = await verifyCase(`${folder}/${entry}`, findModule);
      expect(report.tensors.length).toBeGreaterThan(0);
      expect(report.tensors.filter((t) => !t.pass)).toEqual([]);
    });
  }
});
