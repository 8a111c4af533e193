import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { verifyCase } from '@sextant/system';
import { describe, expect, it } from 'vitest';
import { networkModules } from './modules/network.js';

const GOLDENS = fileURLToPath(new URL('../../../../shared/goldens/caption', import.meta.url));
const present = existsSync(GOLDENS);
if (!present) console.warn(`caption: reference cases skipped, there is no ${GOLDENS}`);

describe.skipIf(!present)('reference cases', () => {
  it.each([
    'anchors-small',
    'captioner-embedder-small',
    'captioner-loss-small',
    'captioner-small',
    'captioner-video-small',
    'greedy-small',
    'postprocess-dataset',
    'postprocess-single-video',
    'proposals-small',
    'proposals-train-small',
  ])('%s', async (folder) => {
    const report = await verifyCase(`${GOLDENS}/${folder}`, (name) => networkModules[name.split('/')[1]!]!);
    expect(report.tensors.length).toBeGreaterThan(0);
    expect(report.tensors.filter((t) => !t.pass)).toEqual([]);
  });
});
