/**
 * The same class, the same vectors in headless Chromium (onnxruntime-web, Wasm) as in Node.
 */
import { fileURLToPath } from 'node:url';
import { manualSeed } from '@sextant/nn';
import { Encoder, encodeWeights, ResNet, resnet18 } from '@sextant/represent';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserMissing, openSite, type Site } from '../../../engine/test/browser/site.js';
import type { PageApi } from './page.js';

declare const api: PageApi;

/** A side that is not the encoder's, so that pictures are resized. */
const SIZE = 40;

function randomWeights() {
  manualSeed(3);
  const config = resnet18('small', 0.125);
  return encodeWeights({
    config: { encoder: config, pipeline: 'cifar10' },
    state: new ResNet(config).stateDict(),
  });
}

async function openPage({ browser, url }: Site) {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction('globalThis.api');
  return page;
}

describe.skipIf(browserMissing)('an encoder in a browser', { timeout: 120_000 }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite(fileURLToPath(new URL('.', import.meta.url)));
  }, 120_000);
  afterAll(() => site?.close());

  it.each([
    ['given weights', randomWeights()],
    ['the weights that come with the package', undefined],
  ])('embeds by %s as in Node', async (_, weights) => {
    const pictures = [1, 2, 3].map((n) =>
      Array.from({ length: SIZE * SIZE * 3 }, (_, i) => Math.round(127 + 120 * Math.sin(0.01 * n * i))),
    );
    const encoder = await Encoder.load(weights);
    const here = await encoder.embed(
      pictures.map((rgb) => ({ width: SIZE, height: SIZE, data: Uint8Array.from(rgb) })),
    );
    await encoder.release();

    const page = await openPage(site);
    const there = await page.evaluate(([w, size, p]) => api.embed(w, size, p), [
      weights ? [...weights] : null,
      SIZE,
      pictures,
    ] as const);
    await page.close();

    expect(there).toHaveLength(here.size);
    const scale = Math.max(...here.data.map(Math.abs));
    const worst = Math.max(...there.map((v, i) => Math.abs(v - here.data[i]!)));
    expect(scale).toBeGreaterThan(0.01);
    expect(worst / scale).toBeLessThan(1e-5);
  });

  it('refuses what it refuses there', async () => {
    const page = await openPage(site);
    const refusal = await page.evaluate((w) => api.refusal(w), [1, 2, 3]);
    await page.close();
    expect(refusal).toMatch(/^InputError: /);
  });
});
