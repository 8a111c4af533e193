/**
 * Every operation, its gradient and a training loop in headless Chromium, through onnxruntime-web, against
 * Node.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NDArray, RuntimeOptions } from '../../src/index.js';
import { difference, fromPlain, type Results, runFamily, webgpuTolerance } from '../cases.js';
import { FAMILIES } from '../families/index.js';
import { train } from '../training.js';
import type { PageApi } from './page.js';

declare const api: PageApi;

const CHROMIUM = '/usr/bin/chromium';
const missing = !existsSync(CHROMIUM);
if (missing) console.log(`Browser tests are skipped: no ${CHROMIUM} (Debian's package chromium brings it)`);

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** WebGPU in software. */
const WEBGPU_FLAGS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Serves a folder's files on the loopback interface. */
async function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    const file = join(folder, pathname === '/' ? 'index.html' : pathname);
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
      // Shared memory, which threads need, is for cross-origin isolated pages only; `?alone` is not one.
      ...(request.headers.referer?.includes('alone') || request.url!.includes('alone')
        ? {}
        : { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }),
    });
    response.end(readFileSync(file));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return server;
}

interface Setting {
  readonly name: string;
  readonly options: RuntimeOptions;
  readonly path: string;
  readonly isolated: boolean;
  /** For Wasm's operations, and, twenty times, for training. */
  readonly tolerance: number;
  readonly families: readonly string[];
}

const ALL = Object.keys(FAMILIES);

const SETTINGS: readonly Setting[] = [
  {
    ...{ name: 'Wasm, 1 thread', options: { threads: 1 }, path: '/?alone', isolated: false },
    ...{ tolerance: 1e-5, families: ['linalg'] },
  },
  {
    ...{ name: 'Wasm, 2 threads', options: { threads: 2 }, path: '/', isolated: true },
    ...{ tolerance: 1e-5, families: ALL },
  },
  {
    ...{ name: 'WebGPU', options: { device: 'webgpu' }, path: '/', isolated: true },
    ...{ tolerance: 2e-5, families: ALL },
  },
];

// A software GPU on a busy machine takes its time.
describe.skipIf(missing)('a browser gives what Node gives', { timeout: 180_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sextant-browser-test-'));
  let server: Server;
  let browser: Browser;
  const expected = new Map<string, Results<NDArray>>();

  beforeAll(async () => {
    await build({
      configFile: false,
      root: fileURLToPath(new URL('.', import.meta.url)),
      logLevel: 'error',
      resolve: { conditions: ['source', 'browser', 'module'] },
      build: { outDir: folder, emptyOutDir: true, target: 'esnext', minify: false },
    });
    server = await serve(folder);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...WEBGPU_FLAGS] });
    for (const name of ALL) expected.set(name, await runFamily(name));
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(folder, { recursive: true });
  });

  describe.each(SETTINGS)('$name', ({ name, options, path, isolated, tolerance, families }) => {
    let page: Page;
    const problems: string[] = [];
    beforeAll(async () => {
      page = await browser.newPage();
      page.on('pageerror', (e) => problems.push(e.message));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
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
    it.runIf(options.device !== 'webgpu')('uses the threads it was given', () => {
      // ONNX Runtime starts them with the first session, for every session to come.
      expect(page.workers()).toHaveLength(options.threads! - 1);
    });
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
