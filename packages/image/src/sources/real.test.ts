import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openImages } from './open.js';

const CIFAR = fileURLToPath(new URL('../../../../../shared/data/cifar10', import.meta.url));
const present = existsSync(CIFAR);
if (!present) console.warn(`real pictures: skipped, there is no ${CIFAR}`);

describe.skipIf(!present)('CIFAR-10 in archives', () => {
  it.each([
    ['train', 50_000],
    ['test', 10_000],
  ])('%s.zip', async (name, length) => {
    const set = await openImages(`${CIFAR}/${name}.zip`);
    expect([set.length, set.skipped]).toEqual([length, {}]);
    expect(set.classes!.join()).toBe('airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck');
    const counts = new Array(10).fill(0);
    for (const label of set.labels!) counts[label]++;
    expect(counts).toEqual(new Array(10).fill(length / 10));
    for (const index of [0, length >> 1, length - 1]) {
      const { width, height } = await set.load(index);
      expect([width, height]).toEqual([32, 32]);
    }
    await set.close();
  });
});
