import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as engine from '../src/index.js';
import { FAMILIES } from './families/index.js';

/** What operation files export besides operations. */
const HELPERS = ['broadcastShapes', 'RandomStream', 'sumTo', 'withoutBroadcast'];

const folder = new URL('../src/ops/', import.meta.url);
const files = readdirSync(folder).filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts'));

it.each(files)('every operation of %s has a case in test/families', async (file) => {
  const exports: Record<string, unknown> = await import(new URL(file, folder).href);
  const covered = new Set(Object.values(FAMILIES).flatMap((family) => Object.keys(family)));
  const missing = Object.entries(exports).flatMap(([name, value]) =>
    typeof value === 'function' && name in engine && !HELPERS.includes(name) && !covered.has(name)
      ? [name]
      : [],
  );
  expect(missing).toEqual([]);
});
