/**
 * Every operation, its gradient and a training loop in headless Chromium, through onnxruntime-web, against
 * Node.
 */
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NDArray, RuntimeOptions } from '../../src/index.js';
import { difference, fromPlain, type Results, runFamily, webgpuTolerance } from '../cases.js';
import { EVERYWHERE, FAMILIES } from '../families/index.js';
import { train } from '../training.js';
import type { PageApi } from './page.js';
import { browserMissing, openSite, type Site } from './site.js';

declare const api: PageApi;

interface Setting {
  readonly name: string;
  readonly options: RuntimeOptions;
  readonly path: string;
  readonly isolated: boolean;
  /** For Wasm's operations, and, twenty times, for training. */
  readonly tolerance: number;
  readonly families: readonly string[];
}

const SETTINGS: readonly Setting[] = [
  {
    ...{ name: 'Wasm, 1 thread', options: { threads: 1 }, path: '/?alone', isolated: false },
    ...{ tolerance: 1e-5, families: ['linalg'] },
  },
  {
    ...{ name: 'Wasm, 2 threads', options: { threads: 2 }, path: '/', isolated: true },
    ...{ tolerance: 1e-5, families: EVERYWHERE },
  },
  {
    ...{ name: 'WebGPU', options: { device: 'webgpu' }, path: '/', isolated: true },
    ...{ tolerance: 2e-5, families: EVERYWHERE },
  },
];

// A software GPU on a busy machine takes its time.
describe.skipIf(browserMissing)('a browser gives what Node gives', { timeout: 180_000 }, () => {
  let site: Site;
  const expected = new Map<string, Results<NDArray>>();

  beforeAll(async () => {
    site = await openSite(fileURLToPath(new URL('.', import.meta.url)));
    for (const name of EVERYWHERE) expected.set(name, await runFamily(name));
  }, 180_000);
  afterAll(() => site?.close());

  describe.each(SETTINGS)('$name', ({ name, options, path, isolated, tolerance, families }) => {
    let page: Page;
    const problems: string[] = [];
    beforeAll(async () => {
      page = await site.browser.newPage();
      page.on('pageerror', (e) => problems.push(e.message));
      await page.goto(`${site.url}${path}`);
      await page.waitForFunction('globalThis.api');
    });
    afterAll(async () => {
      await page?.close();
      const count = families.reduce((n, f) => n + Object.keys(FAMILIES[f]!).length, 0);
      console.log(`${name} in Chromium: compared ${count} operations (${families.join(', ')}) and training`);
    });

    it('is the setting it should be', async () => {
      expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(isolated);
      if (options.device === 'webgpu') {
        expect(await page.evaluate(async () => (await navigator.gpu.requestAdapter()) !== null)).toBe(true);
      }
    });
    it.each(families)('%s', async (family) => {
      const results = await page.evaluate(([f, o]) => api.family(f, o), [family, options] as const);
      const wrong = Object.entries(expected.get(family)!).flatMap(([op, arrays]) => {
        const limit = options.device === 'webgpu' ? webgpuTolerance(op) : tolerance;
        const found = difference(results[op]!.map(fromPlain), arrays, limit);
        return found ? [`${op}: ${found}`] : [];
      });
      expect(wrong).toEqual([]);
      expect(problems).toEqual([]);
    });
    // A GPU has none.
    if (options.device !== 'webgpu') {
      it('uses the threads it was given', () => {
        // ONNX Runtime starts them with the first session, for every session to come.
        expect(page.workers()).toHaveLength(options.threads! - 1);
      });
    }
    it('trains', async () => {
      const here = await train(20);
      const there = await page.evaluate(([n, o]) => api.train(n, o), [20, options] as const);
      expect(here.losses.at(-1)!).toBeLessThan(here.losses[0]! / 2);
      // Rounding differs, and grows from step to step.
      for (const [i, loss] of here.losses.entries()) {
        expect(Math.abs(there.losses[i]! - loss), `${name}, loss ${i}`).toBeLessThan(20 * tolerance);
      }
      expect(difference(there.parameters.map(fromPlain), here.parameters, 20 * tolerance)).toBe('');
    });
  });
});
