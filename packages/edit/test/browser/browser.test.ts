/**
 * The same edit in headless Chromium (onnxruntime-web, Wasm) as in Node: flow, generator and estimator.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  contextFeatures,
  Editor,
  Estimator,
  encodeEstimator,
  encodeFlow,
  encodeGenerator,
  Flow,
  Generator,
  HEADS,
} from '@sextant/edit';
import { manualSeed } from '@sextant/nn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserMissing, openSite, type Site } from '../../../engine/test/browser/site.js';
import type { PageApi } from './page.js';

declare const api: PageApi;

const D = 16;

/** A small editor's files, with random weights. */
function files() {
  manualSeed(2);
  const outFeatures = contextFeatures(HEADS);
  const flow = { dimension: D, hidden: [24], contextFeatures: outFeatures, numBlocks: 1 };
  const estimator = { size: 16, channels: [8, 8], outFeatures };
  const generator = new Generator({
    size: 16,
    styleDim: D,
    mappingLayers: 2,
    mappingRate: 0.01,
    channels: { 4: 16, 8: 16, 16: 8 },
    blurKernel: [1, 3, 3, 1],
  });
  return {
    generator: encodeGenerator({ generator }),
    estimator: encodeEstimator({
      config: { estimator, table: HEADS },
      state: new Estimator(estimator).stateDict(),
    }),
    flow: encodeFlow({ config: { flow, table: HEADS }, state: new Flow(flow).stateDict() }),
  };
}

describe.skipIf(browserMissing)('editing in a browser', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sextant-edit-browser-'));
  let site: Site;
  beforeAll(async () => {
    site = await openSite(fileURLToPath(new URL('.', import.meta.url)));
  }, 120_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await site?.close();
  });

  it('makes the picture that Node makes, and says when there is no editor at an address', async () => {
    const parts = files();
    for (const [name, bytes] of Object.entries(parts))
      writeFileSync(join(folder, `${name}.safetensors`), bytes);
    const editor = await Editor.load(folder);
    const [code] = await editor.sample(1, { seed: 1 });
    const before = (await editor.render([code!]))[0]!.data;
    const session = await editor.open(code!);
    const values = { yaw: 30, smile: 1 };
    await session.set(values);
    const here = (await session.render()).data;
    await editor.release();

    const page = await site.browser.newPage();
    await page.goto(site.url);
    await page.waitForFunction('globalThis.api');
    const there = await page.evaluate(([p, v]) => api.edit(p, v), [
      {
        generator: [...parts.generator],
        estimator: [...parts.estimator],
        flow: [...parts.flow],
      },
      values,
    ] as const);
    const refusal = await page.evaluate((url) => api.refusal(url), `${site.url}/nothing`);
    await page.close();

    const most = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i]!)));
    expect(there).toHaveLength(here.length);
    expect(most(here, before)).toBeGreaterThan(2);
    // Of 255: rounding of a level that lies between two.
    expect(most(here, there)).toBeLessThanOrEqual(1);
    expect(refusal).toMatch(
      /^InputError: cannot load .*nothing\/(generator|estimator|flow)\.safetensors: the server answers 404/,
    );
  });
});
