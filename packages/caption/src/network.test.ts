import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { verifyCase } from '@sextant/system';
import { describe, expect, it } from 'vitest';
import { featureModules } from './modules/features.js';
import { networkModules } from './modules/network.js';

const modules = { ...networkModules, ...featureModules };

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
    'i3d-mixed3c',
    'postprocess-dataset',
    'postprocess-single-video',
    'proposals-small',
    'proposals-train-small',
    'vggish-examples',
    'vggish-postprocess',
    'vggish-small',
  ])('%s', async (folder) => {
    const report = await verifyCase(`${GOLDENS}/${folder}`, (name) => modules[name.split('/')[1]!]!);
    expect(report.tensors.length).toBeGreaterThan(0);
    expect(report.tensors.filter((t) => !t.pass)).toEqual([]);
  });
});
