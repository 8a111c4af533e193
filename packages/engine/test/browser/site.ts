/**
 * @module A page built from sources and shown by headless Chromium, for tests of any package.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { build } from 'vite';

const CHROMIUM = '/usr/bin/chromium';

/** Whether the tests must skip; says so. */
export const browserMissing = !existsSync(CHROMIUM);
if (browserMissing)
  console.log(`Browser tests are skipped: no ${CHROMIUM} (Debian's package chromium brings it)`);

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

/** A built site and a browser to look at it with. */
export interface Site {
  /** `http://127.0.0.1:…` */
  readonly url: string;
  readonly browser: Browser;
  close(): Promise<void>;
}

/** Builds the page in `root` (an index.html), serves it and starts Chromium. */
export async function openSite(root: string): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'sextant-browser-test-'));
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    resolve: { conditions: ['source', 'browser', 'module'] },
    build: { outDir: folder, emptyOutDir: true, target: 'esnext', minify: false },
  });
  const server = await serve(folder);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...WEBGPU_FLAGS] });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    browser,
    close: async () => {
      await browser.close();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
