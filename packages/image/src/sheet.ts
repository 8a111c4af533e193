/**
 * @module Many pictures on one: results of a search, samples of a set.
 */
import { blank, type Image } from './image.js';
import { resize } from './resize.js';
import { drawText, GLYPH } from './text.js';

/** Red, green and blue, 0 to 255. */
export type Color = readonly [number, number, number];

export interface SheetOptions {
  /** Pictures in a row (as many as make the sheet square). */
  readonly columns?: number;
  /** Width and height of a picture's place (96); pictures are fitted into it and centred. */
  readonly cell?: number;
  /** Pixels around every place (4). */
  readonly gap?: number;
  readonly background?: Color;
  /** Fills what surrounds a picture: to mark some of them. */
  readonly frame?: (index: number) => Color | undefined;
  /** What stands above the columns, and before the rows. */
  readonly columnLabels?: readonly string[];
  readonly rowLabels?: readonly string[];
}

const WHITE: Color = [255, 255, 255];
const INK: Color = [40, 40, 40];

/** Pixels of a line of text with what surrounds it. */
const LINE = GLYPH.height + 4;
const CHARACTER = GLYPH.width + 1;

/**
 * Pictures in rows, in their order. Small ones are enlarged to their place.
 *
 * @throws RangeError where there are none.
 */
export function sheet(images: readonly Image[], options: SheetOptions = {}): Image {
  if (images.length === 0) throw new RangeError('sheet: there are no pictures');
  const { columns = Math.ceil(Math.sqrt(images.length)), cell = 96, gap = 4, background = WHITE } = options;
  const { columnLabels = [], rowLabels = [] } = options;
  const pitch = cell + gap;
  const left = Math.max(0, ...rowLabels.map((label) => label.length * CHARACTER + gap));
  const top = columnLabels.length > 0 ? LINE : 0;
  const result = blank(left + columns * pitch + gap, top + Math.ceil(images.length / columns) * pitch + gap);
  fill(result, background, 0, 0, result.width, result.height);
  const write = (text: string, x: number, y: number) =>
    drawText(text, (dx, dy) => fill(result, INK, x + dx, y + dy, 1, 1));
  for (const [i, label] of columnLabels.entries()) {
    // As much as stands between two columns.
    const text = label.slice(0, Math.floor(pitch / CHARACTER));
    write(text, left + i * pitch + gap + Math.max(0, (cell - text.length * CHARACTER) >> 1), 2);
  }
  for (const [i, label] of rowLabels.entries()) {
    write(label, gap, top + i * pitch + gap + ((cell - GLYPH.height) >> 1));
  }
  for (const [i, image] of images.entries()) {
    const [x, y] = [left + (i % columns) * pitch, top + Math.floor(i / columns) * pitch];
    const color = options.frame?.(i);
    if (color) fill(result, color, x, y, pitch + gap, pitch + gap);
    const scale = cell / Math.max(image.width, image.height);
    const fitted = resize(
      image,
      Math.max(1, Math.round(image.width * scale)),
      Math.max(1, Math.round(image.height * scale)),
      'bicubic',
    );
    paste(result, fitted, x + gap + ((cell - fitted.width) >> 1), y + gap + ((cell - fitted.height) >> 1));
  }
  return result;
}

function fill(on: Image, color: Color, left: number, top: number, width: number, height: number): void {
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) on.data.set(color, (y * on.width + x) * 3);
  }
}

function paste(on: Image, { width, height, data }: Image, left: number, top: number): void {
  for (let y = 0; y < height; y++) {
    on.data.set(data.subarray(y * width * 3, (y + 1) * width * 3), ((top + y) * on.width + left) * 3);
  }
}
