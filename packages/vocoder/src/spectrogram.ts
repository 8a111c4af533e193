/**
 * @module Pictures of spectrograms: PNG, one above the other, in one scale of colours.
 */
import type { NDArray } from '@sextant/engine';
import { drawText, GLYPH } from '@sextant/image/web';
import { encode } from 'fast-png';
import { type MelOptions, MelSpectrogram } from './mel.js';

/** Columns that a picture has at most. */
const MAX_COLUMNS = 2000;

/**
 * Frames as they come, reduced to at most 2,000 columns, each the mean of as many frames: what one hour of audio
 * leaves in memory is less than a megabyte.
 */
export class SpectrogramColumns {
  /** Sums of frames: one array [bands] per column, column by column. */
  private sums = new Float32Array(0);
  private count = 0;
  private width = 1;

  constructor(readonly bands: number) {}

  /** Frames per column. The last column may have fewer. */
  get framesPerColumn(): number {
    return this.width;
  }

  /** Number of frames that have arrived. */
  get frames(): number {
    return this.count;
  }

  /** Number of columns. */
  get length(): number {
    return Math.ceil(this.count / this.width);
  }

  /** Adds frames [bands, n]. @throws RangeError for another number of bands. */
  push(frames: NDArray): void {
    const [bands, n] = frames.shape as [number, number];
    if (frames.shape.length !== 2 || bands !== this.bands) {
      throw new RangeError(`push: frames of [${frames.shape}] do not fit [${this.bands}, n]`);
    }
    for (let t = 0; t < n; t++) {
      if (this.count === MAX_COLUMNS * this.width) this.coarsen();
      const at = Math.floor(this.count / this.width) * bands;
      if (at >= this.sums.length) this.reserve();
      for (let i = 0; i < bands; i++) this.sums[at + i]! += Number(frames.data[i * n + t]);
      this.count++;
    }
  }

  /** The mean of a band in a column. */
  mean(column: number, band: number): number {
    const frames = Math.min(this.width, this.count - column * this.width);
    return this.sums[column * this.bands + band]! / frames;
  }

  /** Doubles the frames per column. */
  coarsen(): void {
    const { bands, sums, length } = this;
    for (let column = 0; column < length; column++) {
      const to = (column >> 1) * bands;
      for (let i = 0; i < bands; i++) {
        const sum = sums[column * bands + i]!;
        sums[to + i] = column % 2 === 0 ? sum : sums[to + i]! + sum;
      }
    }
    sums.fill(0, Math.ceil(length / 2) * bands);
    this.width *= 2;
  }

  private reserve(): void {
    const larger = new Float32Array(Math.max(64 * this.bands, 2 * this.sums.length));
    larger.set(this.sums);
    this.sums = larger;
  }
}

/** One of the spectrograms in a picture. */
export interface SpectrogramPanel {
  readonly title: string;
  readonly columns: SpectrogramColumns;
}

/** The colour map magma at equal distances; between them colours are mixed. */
const MAGMA = [
  0x000004, 0x140e36, 0x3b0f70, 0x641a80, 0x8c2981, 0xb73779, 0xde4968, 0xf7705c, 0xfe9f6d, 0xfecf92,
  0xfcfdbf,
];

/** Entries of the palette that are colours of the map; then black and white. */
const SHADES = 254;
const BLACK = SHADES;
const WHITE = SHADES + 1;

/** Loudness that the colours span, down from the loudest. */
const RANGE_DB = 100;

/** Pixels. */
const TEXT_SCALE = 2;
const TEXT_HEIGHT = TEXT_SCALE * GLYPH.height;
const BAND_HEIGHT = 3;
const MARGIN = { left: 52, right: 32, top: 6, bottom: 14 + TEXT_HEIGHT } as const;
const TITLE_HEIGHT = TEXT_HEIGHT + 6;
const PANEL_GAP = 10;
const TICK = 5;
/** A picture of few columns has them as wide as makes it about this wide. */
const USUAL_WIDTH = 1000;
/** Between ticks of time. */
const TICK_DISTANCE = 80;

/** Hz */
const FREQUENCIES = [500, 1000, 2000, 4000, 8000, 16000];
/** Seconds between ticks. */
const INTERVALS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600, 1200, 3600];

/** A picture of one byte per pixel, white at first. */
class Canvas {
  readonly pixels: Uint8Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Uint8Array(width * height).fill(WHITE);
  }

  /** Fills a rectangle that begins inside the picture; what is beyond its right edge is left out. */
  rectangle(x: number, y: number, width: number, height: number, color: number): void {
    const end = Math.min(x + width, this.width);
    for (let row = y; row < y + height; row++) {
      this.pixels.fill(color, row * this.width + x, row * this.width + end);
    }
  }

  text(text: string, left: number, top: number): void {
    drawText(text, (x, y) =>
      this.rectangle(left + TEXT_SCALE * x, top + TEXT_SCALE * y, TEXT_SCALE, TEXT_SCALE, BLACK),
    );
  }
}

const textWidth = (text: string): number => text.length * (GLYPH.width + 1) * TEXT_SCALE - TEXT_SCALE;

/**
 * Log-mel spectrograms one above the other: frequency upwards in kHz, time to the right in seconds, the same
 * colour for the same level in all, down to 100 dB below the loudest.
 *
 * @param mel - what they were made with.
 * @returns the bytes of a PNG file.
 * @throws RangeError when there are no frames.
 */
export function drawSpectrograms(panels: readonly SpectrogramPanel[], mel: MelOptions): Uint8Array {
  const coarsest = Math.max(...panels.map((p) => p.columns.framesPerColumn));
  for (const { columns } of panels) while (columns.framesPerColumn < coarsest) columns.coarsen();
  const longest = Math.max(...panels.map((p) => p.columns.length));
  if (!(longest > 0)) throw new RangeError('drawSpectrograms: there are no frames to draw');

  const columnWidth = Math.max(1, Math.round(USUAL_WIDTH / longest));
  const plot = { width: longest * columnWidth, height: mel.nMelChannels * BAND_HEIGHT };
  const rowHeight = TITLE_HEIGHT + plot.height + PANEL_GAP;
  const canvas = new Canvas(
    MARGIN.left + plot.width + MARGIN.right,
    MARGIN.top + panels.length * rowHeight - PANEL_GAP + MARGIN.bottom,
  );
  const shadeOf = shades(panels, mel);
  const frequencies = frequencyTicks(mel);
  const secondsPerPixel = (coarsest * mel.hopLength) / mel.sampleRate / columnWidth;
  const interval = INTERVALS.find((s) => s / secondsPerPixel >= TICK_DISTANCE) ?? INTERVALS.at(-1)!;

  for (const [i, { title, columns }] of panels.entries()) {
    const top = MARGIN.top + i * rowHeight + TITLE_HEIGHT;
    const bottom = top + plot.height;
    canvas.text(title, MARGIN.left + TICK, top - TITLE_HEIGHT);
    canvas.text('kHz', MARGIN.left - textWidth('kHz') - TICK, top - TITLE_HEIGHT);
    for (let column = 0; column < columns.length; column++) {
      for (let band = 0; band < columns.bands; band++) {
        const shade = shadeOf(columns.mean(column, band));
        const y = bottom - (band + 1) * BAND_HEIGHT;
        canvas.rectangle(MARGIN.left + column * columnWidth, y, columnWidth, BAND_HEIGHT, shade);
      }
    }
    for (const { label, band } of frequencies) {
      const y = Math.round(bottom - (band + 0.5) * BAND_HEIGHT);
      canvas.rectangle(MARGIN.left - TICK, y, TICK, 1, BLACK);
      canvas.text(label, MARGIN.left - 2 * TICK - textWidth(label), y - TEXT_HEIGHT / 2 + 1);
    }
    for (let n = 0; (n * interval) / secondsPerPixel < plot.width; n++) {
      const x = MARGIN.left + Math.round((n * interval) / secondsPerPixel);
      canvas.rectangle(x, bottom, 1, TICK, BLACK);
      if (i < panels.length - 1) continue;
      const label = String(Number((n * interval).toFixed(2)));
      canvas.text(label, x - Math.floor(textWidth(label) / 2), bottom + 2 * TICK);
    }
  }
  canvas.text('s', MARGIN.left + plot.width + TICK, canvas.height - MARGIN.bottom + 2 * TICK);
  const { width, height, pixels } = canvas;
  return encode({ width, height, data: pixels, depth: 8, channels: 1, palette: palette() });
}

/** From a value to its place in the palette, the same for all panels. */
function shades(panels: readonly SpectrogramPanel[], { variant }: MelOptions): (value: number) => number {
  const decibels = variant === 'melgan' ? 20 : 20 / Math.LN10;
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { columns } of panels) {
    for (let column = 0; column < columns.length; column++) {
      for (let band = 0; band < columns.bands; band++) {
        const value = columns.mean(column, band);
        if (value < lowest) lowest = value;
        if (value > highest) highest = value;
      }
    }
  }
  const floor = Math.max(lowest, highest - RANGE_DB / decibels);
  const scale = highest > floor ? (SHADES - 1) / (highest - floor) : 0;
  return (value) => Math.round(Math.max(value - floor, 0) * scale);
}

/** Labels of the frequency axis, and the band, or place between two, where each frequency is. */
function frequencyTicks(mel: MelOptions): { readonly label: string; readonly band: number }[] {
  const centres = bandCentres(mel);
  return FREQUENCIES.filter((f) => f >= centres[0]! && f <= centres.at(-1)!).map((f) => {
    const above = centres.findIndex((c) => c >= f);
    const below = Math.max(above - 1, 0);
    const step = centres[above]! - centres[below]!;
    return { label: String(f / 1000), band: below + (step > 0 ? (f - centres[below]!) / step : 0) };
  });
}

/** The mean frequency that each filter passes, in Hz. */
function bandCentres(mel: MelOptions): number[] {
  const { data, shape } = new MelSpectrogram(mel).filters;
  const [bands, bins] = shape as [number, number];
  return Array.from({ length: bands }, (_, band) => {
    const filter = Array.from(data.subarray(band * bins, (band + 1) * bins), Number);
    const total = filter.reduce((a, b) => a + b, 0);
    const mean = filter.reduce((sum, weight, k) => sum + weight * k, 0) / total;
    return (mean * mel.sampleRate) / mel.nFft;
  });
}

function palette(): [number, number, number][] {
  const colors = Array.from({ length: SHADES }, (_, i) => {
    const position = (i / (SHADES - 1)) * (MAGMA.length - 1);
    const at = Math.min(Math.floor(position), MAGMA.length - 2);
    const channel = (shift: number) => {
      const [from, to] = [(MAGMA[at]! >> shift) & 255, (MAGMA[at + 1]! >> shift) & 255];
      return Math.round(from + (to - from) * (position - at));
    };
    return [channel(16), channel(8), channel(0)] as [number, number, number];
  });
  return [...colors, [0, 0, 0], [255, 255, 255]];
}
