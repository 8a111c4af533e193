/**
 * The same edit in headless Chromium (onnxruntime-web, Wasm) as in Node: flow, generator and estimator that come with the package.
 */
import { fileURLToPath } from 'node:url';
import { Editor } from '@sextant/edit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserMissing, openSite, type Site } from '../../../engine/test/browser/site.js';
import type { PageApi } from './page.js';

declare const api: PageApi;

const mostApart = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i]!)));

describe.skipIf(browserMissing)('editing in a browser', { timeout: 120_000 }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite(fileURLToPath(new URL('.', import.meta.url)));
  }, 120_000);
  afterAll(() => site?.close());

  it('makes the picture that Node makes, and says when there is no editor at an address', async () => {
    const editor = await Editor.load();
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
    const there = await page.evaluate((v) => api.edit(v), values);
    const refusal = await page.evaluate((url) => api.refusal(url), `${site.url}/nothing`);
    await page.close();

    expect(there).toHaveLength(here.length);
    expect(mostApart(here, before)).toBeGreaterThan(20);
    // Of 255: rounding of a level that lies between two.
    expect(mostApart(here, there)).toBeLessThanOrEqual(1);
    expect(refusal).toMatch(
      /^InputError: cannot load .*nothing\/(generator|estimator|flow)\.safetensors: the server answers 404/,
    );
  });
});
