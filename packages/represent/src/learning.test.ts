import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { verifyCase } from '@sextant/system';
import { describe, expect, it } from 'vitest';
import { learningModules } from './modules/learning.js';

const GOLDENS = fileURLToPath(new URL('../../../../shared/goldens/represent', import.meta.url));
const present = existsSync(GOLDENS);
if (!present) console.warn(`learning: skipped, there is no ${GOLDENS}`);

describe.skipIf(!present)('reference cases', () => {
  it.each([
    ...['whitening-b128-d64', 'whitening-b24-d16-eps', 'whitening-b32-d8'],
    ...['whitening-running-eval', 'whitening-running-train'],
    ...['w-mse-2', 'w-mse-2-iter3-nonorm', 'w-mse-4', 'w-mse-4-eps'],
    ...['contrastive-2', 'contrastive-2-bn-last', 'contrastive-2-nonorm'],
    ...['byol-loss-2', 'byol-loss-2-nonorm', 'byol-ema'],
    ...['encoder-cifar-eval', 'encoder-cifar-train', 'encoder-tiny-in-eval', 'head-2-train', 'head-3-eval'],
    ...['train-step-w-mse-2', 'train-step-contrastive', 'train-step-byol'],
    ...['lr-step-cifar10-w-mse-2', 'lr-cos', 'lr-short-run'],
  ])('%s', async (folder) => {
    const report = await verifyCase(`${GOLDENS}/${folder}`, (name) => learningModules[name.split('/')[1]!]!);
    expect(report.tensors.length).toBeGreaterThan(0);
    expect(report.tensors.filter((t) => !t.pass)).toEqual([]);
  });
});
