/**
 * @module Charts as files: SVG, and PNG drawn with fonts and code of this package's own, the same on every machine.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { InputError, writeFile } from '@sextant/io';
import { encode } from 'fast-png';
import type { Chart } from './style.js';

/** Pixels of a picture for each pixel of the chart, so that text stays sharp in print and on dense screens. */
const ZOOM = 2;

const bytesOf = (module: string): Promise<Uint8Array> =>
  readFile(createRequire(import.meta.url).resolve(module));

let loaded: Promise<Uint8Array[]> | undefined;

async function load(): Promise<Uint8Array[]> {
  const [code, ...fonts] = await Promise.all([
    bytesOf('@resvg/resvg-wasm/index_bg.wasm'),
    bytesOf('@expo-google-fonts/arimo/400Regular/Arimo_400Regular.ttf'),
    bytesOf('@expo-google-fonts/arimo/700Bold/Arimo_700Bold.ttf'),
  ]);
  await initWasm(code as Uint8Array<ArrayBuffer>);
  return fonts;
}

/** PNG of a chart, at twice its size in pixels. */
export async function renderPng({ svg }: Chart): Promise<Uint8Array> {
  loaded ??= load();
  const fontBuffers = await loaded;
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: ZOOM },
    font: { fontBuffers, defaultFontFamily: 'Arimo', sansSerifFamily: 'Arimo' },
  });
  const image = resvg.render();
  try {
    return encodePng(image.pixels, image.width, image.height);
  } finally {
    image.free();
    resvg.free();
  }
}

/** The chart is opaque: three channels, and hard compression, make files 40 % smaller than the renderer's own. */
function encodePng(rgba: Uint8Array, width: number, height: number): Uint8Array {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) data.set(rgba.subarray(4 * i, 4 * i + 3), 3 * i);
  return encode({ width, height, data, channels: 3 }, { zlib: { level: 9 } });
}

const FORMATS: Readonly<Record<string, (chart: Chart) => Uint8Array | Promise<Uint8Array>>> = {
  '.svg': ({ svg }) => new TextEncoder().encode(svg),
  '.png': renderPng,
};

/** What writes a path's format. @throws InputError where the path ends in neither .svg nor .png. */
function formatOf(path: string) {
  const found = FORMATS[extname(path).toLowerCase()];
  if (!found) throw new InputError(`${path}: charts are written as .svg or .png; name the file so`);
  return found;
}

/** Refuses, before any work is done, what {@link writeChart} would refuse. @throws InputError as it does. */
export function checkChartPath(path: string): void {
  formatOf(path);
}

/**
 * Writes a chart, by the extension of the path: .svg or .png. The file is whole or not there.
 *
 * @throws InputError for another extension, or where the file cannot be written.
 */
export async function writeChart(path: string, chart: Chart): Promise<void> {
  await writeFile(path, [await formatOf(path)(chart)]);
}
