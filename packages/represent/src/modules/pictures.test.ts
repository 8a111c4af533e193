import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { verifyCase } from '@sextant/system';
import { describe, expect, it } from 'vitest';
import { pictureModules } from './pictures.js';

/** Reference cases made with the authors' code, beside the checkout; not part of it. */
const CASES = fileURLToPath(new URL('../../../../../shared/goldens/represent', import.meta.url));
const present = existsSync(CASES);
if (!present) console.warn(`pictures: skipped, there is no ${CASES}`);

const find = (name: string) => pictureModules[name.slice('represent/'.length)]!;

describe.skipIf(!present)('reference cases', () => {
  // The cases leave a level of slack; none is needed.
  it.each([
    'color-jitter-cifar',
    'color-jitter-strong',
    'resized-crop-cifar-bicubic',
    'resized-crop-down-bicubic',
    'resized-crop-cifar-bilinear',
    'gaussian-blur',
    'jpeg-decode',
  ])('%s, to the last bit', async (folder) => {
    const report = await verifyCase(`${CASES}/${folder}`, find);
    expect(report.tensors.length).toBeGreaterThan(0);
    expect(report.tensors.filter(({ maxAbsolute }) => maxAbsolute !== 0)).toEqual([]);
  });

  // Normalised pixels differ by float32 rounding: 1e-6 is far below one level, 0.02.
  it.each(['augment-cifar10', 'test-transform-cifar10', 'test-transform-stl10'])('%s', async (folder) => {
    const report = await verifyCase(`${CASES}/${folder}`, find);
    expect(report.tensors.map(({ name }) => name)).toEqual(['x']);
    expect(report.tensors[0]!.maxAbsolute).toBeLessThan(1e-6);
  });
});
