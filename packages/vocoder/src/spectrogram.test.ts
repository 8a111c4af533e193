import { array, type NDArray } from '@sextant/engine';
import { drawText, GLYPH } from '@sextant/image/web';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { PAPER_MEL } from './mel.js';
import { drawSpectrograms, SpectrogramColumns } from './spectrogram.js';

const frames = (bands: number, n: number, f: (band: number, t: number) => number): NDArray =>
  array(
    Float32Array.from({ length: bands * n }, (_, i) => f(Math.floor(i / n), i % n)),
    { shape: [bands, n] },
  );

describe('columns', () => {
  it('are the frames themselves while they are few', () => {
    const columns = new SpectrogramColumns(3);
    columns.push(frames(3, 4, (band, t) => 10 * band + t));
    columns.push(frames(3, 1, (band) => 10 * band + 4));
    expect(columns.length).toBe(5);
    for (let t = 0; t < 5; t++)
      for (let band = 0; band < 3; band++) expect(columns.mean(t, band)).toBe(10 * band + t);
  });
  it.each([
    [2000, 2000, 1],
    [2001, 1001, 2],
    [4001, 1001, 4],
    [16000, 2000, 8],
  ])('of %i frames are %i means of %i', (count, length, width) => {
    const columns = new SpectrogramColumns(2);
    for (let t = 0; t < count; t += 700) {
      const n = Math.min(700, count - t);
      columns.push(frames(2, n, (band, i) => t + i + band));
    }
    expect([columns.frames, columns.length, columns.framesPerColumn]).toEqual([count, length, width]);
    for (const column of [0, 1, 500, length - 1]) {
      const last = Math.min((column + 1) * width, count) - 1;
      expect(columns.mean(column, 1)).toBeCloseTo((column * width + last) / 2 + 1, 2);
    }
  });
  it('refuse another number of bands', () => {
    expect(() => new SpectrogramColumns(2).push(frames(3, 1, () => 0))).toThrow('[3,1] do not fit [2, n]');
  });
});

/** The colour of a pixel, 0xrrggbb. */
function pixels(png: Uint8Array) {
  const { width, height, data, palette } = decode(png);
  const at = (x: number, y: number): number => {
    const [r, g, b] = palette![data[y * width + x]!] as [number, number, number];
    return (r << 16) | (g << 8) | b;
  };
  return { width, height, at };
}

const panel = (title: string, mel: NDArray) => {
  const columns = new SpectrogramColumns(mel.shape[0]!);
  columns.push(mel);
  return { title, columns };
};

describe('pictures', () => {
  // Left of the plot are 52 pixels, above it 28; a band is 3 high; 1000 columns are a pixel wide each.
  const ridge = (band: number, value: number) =>
    panel(
      '',
      frames(80, 1000, (i, t) => (i === band && t >= 500 ? value : -4)),
    );
  const magma = { lowest: 0x000004, highest: 0xfcfdbf };

  it('have frequency upwards and time to the right', () => {
    const { width, height, at } = pixels(drawSpectrograms([ridge(10, 0)], PAPER_MEL));
    expect([width, height]).toEqual([52 + 1000 + 32, 6 + 22 + 240 + 30]);
    const row = 28 + 240 - 3 * 10 - 2;
    expect(at(52 + 499, row)).toBe(magma.lowest);
    expect(at(52 + 500, row)).toBe(magma.highest);
    expect(at(52 + 999, row)).toBe(magma.highest);
    expect([at(52 + 500, row - 3), at(52 + 500, row + 3)]).toEqual([magma.lowest, magma.lowest]);
    expect([at(52 + 1000, row), at(0, 0)]).toEqual([0xffffff, 0xffffff]);
  });
  it('have one scale of colours for all panels', () => {
    const { height, at } = pixels(drawSpectrograms([ridge(10, 0), ridge(10, -2)], PAPER_MEL));
    expect(height).toBe(6 + 2 * (22 + 240) + 10 + 30);
    const row = 28 + 240 - 3 * 10 - 2;
    expect(at(900, row)).toBe(magma.highest);
    // Half-way, which is the middle of the map.
    const middle = at(900, row + 22 + 240 + 10);
    for (const [shift, channel] of [
      [16, 0xb7],
      [8, 0x37],
      [0, 0x79],
    ] as const)
      expect(Math.abs(((middle >> shift) & 255) - channel)).toBeLessThan(3);
  });
  it('stop 100 dB below the loudest', () => {
    const { at } = pixels(
      drawSpectrograms(
        [
          panel(
            '',
            frames(80, 1000, (_, t) => (t < 10 ? 0 : t < 500 ? -5 : -9)),
          ),
        ],
        PAPER_MEL,
      ),
    );
    expect([at(52 + 5, 100), at(52 + 300, 100), at(52 + 800, 100)]).toEqual([
      magma.highest,
      magma.lowest,
      magma.lowest,
    ]);
  });
  it('mark 1 kHz where the filter of 1 kHz is', () => {
    const { at } = pixels(drawSpectrograms([ridge(10, 0)], PAPER_MEL));
    const ticks = Array.from({ length: 28 + 240 }, (_, y) => y).filter((y) => at(51, y) === 0);
    // 0.5, 1, 2, 4 and 8 kHz; on the mel scale 7.5, 15, 25.1 …, a band being 49.9 / 81 = 0.616 of it.
    expect(ticks).toHaveLength(5);
    const bands = ticks.reverse().map((y) => (28 + 240 - y) / 3 - 0.5);
    for (const [i, mel] of [7.5, 15, 25.08, 35.17, 45.25].entries())
      expect(Math.abs(bands[i]! - (mel / 0.6164 - 1))).toBeLessThan(0.4);
  });
  it('have seconds below, at times that fit', () => {
    const { width, height, at } = pixels(drawSpectrograms([ridge(10, 0)], PAPER_MEL));
    const row = height - 30;
    const ticks = Array.from({ length: width }, (_, x) => x).filter((x) => at(x, row) === 0);
    const second = 22050 / 256;
    expect(ticks).toEqual(Array.from({ length: 12 }, (_, s) => 52 + Math.round(s * second)));
  });
  it('may have panels of different lengths, long ones among them', () => {
    const long = panel(
      'a title that is longer than the picture is wide '.repeat(9),
      frames(80, 2500, () => 0),
    );
    const short = panel(
      'b',
      frames(80, 100, () => -1),
    );
    const { width, at } = pixels(drawSpectrograms([long, short], PAPER_MEL));
    expect(width).toBe(52 + 1250 + 32);
    const row = 28 + 272 + 100;
    expect(at(52 + 49, row)).toBe(magma.lowest);
    expect(at(52 + 50, row)).toBe(0xffffff);
  });
  it('of silence are one colour, and of nothing an error', () => {
    const { at } = pixels(
      drawSpectrograms(
        [
          panel(
            '',
            frames(80, 20, () => -5),
          ),
        ],
        PAPER_MEL,
      ),
    );
    expect(at(300, 100)).toBe(magma.lowest);
    expect(() => drawSpectrograms([], PAPER_MEL)).toThrow('no frames');
    expect(() =>
      drawSpectrograms(
        [
          panel(
            '',
            frames(80, 0, () => 0),
          ),
        ],
        PAPER_MEL,
      ),
    ).toThrow('no frames');
  });
});

describe('text', () => {
  const drawn = (text: string): string[] => {
    const rows = Array.from({ length: GLYPH.height }, () => Array<string>(text.length * 6 - 1).fill('.'));
    drawText(text, (x, y) => {
      rows[y]![x] = '#';
    });
    return rows.map((row) => row.join(''));
  };
  it('is made of dots', () => {
    expect(drawn('L1')).toEqual([
      '#.......#..',
      '#......##..',
      '#.......#..',
      '#.......#..',
      '#.......#..',
      '#.......#..',
      '#####..###.',
      '...........',
    ]);
  });
  it('has a question mark for what it has no glyph of', () => {
    expect(drawn('é')).toEqual(drawn('?'));
  });
});
