import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array } from '@sextant/engine';
import { encodePng } from '@sextant/image';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mapPage, type Sprite } from './map-page.js';

const EVIL = '</script><script>globalThis.broken = 1</script><img src=x onerror="globalThis.broken = 2">';

const points = array([
  [0, 0],
  [1, 1],
  [-1, 0.5],
]);
const names = [EVIL, 'b & c.jpg', 'd'];

/** Two tiles a row, of one colour each. */
async function sprite(): Promise<Sprite> {
  const tile = (r: number, g: number, b: number) => [r, g, b, r, g, b, r, g, b, r, g, b];
  const rows = [tile(255, 0, 0), tile(0, 255, 0), tile(0, 0, 255), tile(0, 0, 0)];
  const data = new Uint8Array(4 * 4 * 3);
  for (const [t, pixels] of rows.entries())
    for (let p = 0; p < 4; p++) {
      const [x, y] = [(t % 2) * 2 + (p % 2), Math.floor(t / 2) * 2 + Math.floor(p / 2)];
      data.set(pixels.slice(0, 3), 3 * (4 * y + x));
    }
  const png = Buffer.from(await encodePng({ width: 4, height: 4, data }));
  return { uri: `data:image/png;base64,${png.toString('base64')}`, width: 2, height: 2, columns: 2 };
}

describe('mapPage', () => {
  it('holds names as data that cannot become markup', () => {
    const html = mapPage({ points, names, labels: [EVIL, 'x', 'x'], title: EVIL });
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).not.toContain('<img');
    const json = /id="data">(.*?)<\/script>/s.exec(html)![1]!;
    expect(JSON.parse(json)).toMatchObject({ names, labels: [EVIL, 'x'], classes: [0, 1, 1] });
  });

  it('loads nothing', () => {
    const html = mapPage({ points, names });
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/https?:/);
  });

  it('orders labels that are numbers by size', () => {
    const html = mapPage({ points, names, labels: ['10', '9', '9'] });
    expect(html).toContain('"labels":["9","10"]');
  });

  it.each<[string, object, RegExp]>([
    ['names of others', { names: ['a'] }, /1 names for 3 points/],
    ['labels of others', { labels: ['a'] }, /1 names for 3 points/],
    ['points of three numbers', { points: array([[1, 2, 3]]) }, /points of 2 numbers, not of 3/],
    [
      'a sprite from elsewhere',
      { sprite: { uri: 'https://example.org/a.png', width: 1, height: 1, columns: 1 } },
      /not a PNG, JPEG or WebP/,
    ],
    [
      'a sprite without size',
      { sprite: { uri: 'data:image/png;base64,AAAA', width: 0, height: 1, columns: 1 } },
      /of 0 × 1/,
    ],
  ])('refuses %s', (_, more, message) => {
    expect(() => mapPage({ points, names, ...more })).toThrow(message);
  });
});

const CHROMIUM = '/usr/bin/chromium';
const absent = !existsSync(CHROMIUM);
if (absent) console.warn(`the map's page: not opened, there is no ${CHROMIUM}`);

describe.skipIf(absent)('the page in a browser', { timeout: 180_000 }, () => {
  let [folder, browser, page] = ['', undefined as unknown as Browser, undefined as unknown as Page];
  const problems: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'map-'));
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run'],
    });
    page = await browser.newPage({ viewport: { width: 400, height: 300 } });
    page.on('pageerror', (error) => problems.push(error.message));
    // Refusals by the content security policy are errors of the console; reading pixels, as this test does, warns.
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    const file = join(folder, 'map.html');
    await writeFile(file, mapPage({ points, names, labels: ['x', 'y', 'y'], sprite: await sprite() }));
    await page.goto(`file://${file}`);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  /** Where the points stand at first: the middle of bounds 2 wide and 1 high, 340 pixels wide. */
  const places = [
    [200, 235],
    [370, 65],
    [30, 150],
  ] as const;
  const shownName = () => page.locator('#caption').textContent();

  it('tells the name under the pointer, as text, with its picture', async () => {
    for (const [i, [x, y]] of places.entries()) {
      await page.mouse.move(x, y);
      expect(await page.locator('#tip').isVisible()).toBe(true);
      expect(await shownName()).toBe(`${names[i]} (${['x', 'y', 'y'][i]})`);
      const pixel = await page.evaluate(
        "[...document.getElementById('picture').getContext('2d').getImageData(64, 64, 1, 1).data]",
      );
      expect(pixel).toEqual([i === 0 ? 255 : 0, i === 1 ? 255 : 0, i === 2 ? 255 : 0, 255]);
    }
    await page.mouse.move(200, 20);
    expect(await page.locator('#tip').isVisible()).toBe(false);
    expect(await page.evaluate('globalThis.broken')).toBeUndefined();
  });

  it('moves, zooms about the pointer, and returns', async () => {
    await page.mouse.move(200, 235);
    await page.mouse.wheel(0, -400);
    await page.mouse.move(201, 236);
    expect(await shownName()).toContain(EVIL);
    await page.mouse.down();
    await page.mouse.move(101, 136, { steps: 3 });
    await page.mouse.up();
    await page.mouse.move(100, 135);
    expect(await page.locator('#tip').isVisible()).toBe(true);
    expect(await shownName()).toContain(EVIL);
    await page.mouse.dblclick(200, 20);
    await page.mouse.move(...places[1]);
    expect(await shownName()).toContain('b & c.jpg');
  });

  it('hides labels', async () => {
    await page.getByRole('button', { name: 'y' }).click();
    await page.mouse.move(...places[1]);
    expect(await page.locator('#tip').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'y' }).click();
    await page.mouse.move(places[1][0] - 1, places[1][1]);
    expect(await page.locator('#tip').isVisible()).toBe(true);
  });

  it('has no errors', () => {
    expect(problems).toEqual([]);
  });
});
