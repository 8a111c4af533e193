/**
 * The same class, the same numbers in headless Chromium (onnxruntime-web, Wasm) as in Node.
 */
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@sextant/engine/testing';
import { manualSeed } from '@sextant/nn';
import { encodeWeights, Generator, PAPER_GENERATOR, PAPER_MEL, Vocoder } from '@sextant/vocoder';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserMissing, openSite, type Site } from '../../../engine/test/browser/site.js';
import type { PageApi } from './page.js';

declare const api: PageApi;

describe.skipIf(browserMissing)('the vocoder in a browser', { timeout: 120_000 }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite(fileURLToPath(new URL('.', import.meta.url)));
  }, 120_000);
  afterAll(() => site?.close());

  it('analyses and speaks as in Node, and refuses what it refuses there', async () => {
    manualSeed(11);
    const weights = encodeWeights({
      generator: new Generator({ ...PAPER_GENERATOR, ngf: 2 }),
      mel: PAPER_MEL,
      refinements: 1,
    });
    // Noise fills all bands: the logarithm of next to nothing would be a matter of rounding.
    const random = seededRandom(5);
    const audio = Array.from({ length: 12_000 }, (_, i) =>
      Math.fround(0.4 * Math.sin(i * 0.07) + 0.1 * random()),
    );
    const vocoder = await Vocoder.load(weights);
    const mel = await vocoder.analyze(Float32Array.from(audio));
    const speech = await vocoder.synthesize(mel);

    const page = await site.browser.newPage();
    await page.goto(site.url);
    await page.waitForFunction('globalThis.api');
    const there = await page.evaluate(([w, a]) => api.speak(w, a), [[...weights], audio] as const);
    const refusal = await page.evaluate((w) => api.refusal(w), [1, 2, 3]);
    await page.close();

    const worst = (a: ArrayLike<number>, b: ArrayLike<number>) => {
      expect(a.length).toBe(b.length);
      return Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i]!)));
    };
    expect(worst(there.mel, mel.data)).toBeLessThan(1e-4);
    // Refinement makes an untrained network's audio, and its rounding, up to a hundred times as loud.
    expect(worst(there.audio, speech)).toBeLessThan(1e-4);
    expect(refusal).toMatch(/^InputError: /);
  });
});
