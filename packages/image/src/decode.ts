/**
 * @module Bytes of a picture file to pixels.
 */
import { InputError } from '@sextant/io';
import sharp from 'sharp';
import { type Format, formatOf, READABLE } from './format.js';
import type { Image } from './image.js';

// Parallel work comes from decoding several pictures at once: threads within one, and a cache of operations on
// files that are read once, cost time and memory.
sharp.concurrency(1);
sharp.cache(false);

export interface DecodeOptions {
  /** Pictures of more pixels are refused (100 million). */
  readonly maxPixels?: number;
  /**
   * Turn the picture upright as its EXIF orientation says (false). Off, pixels stand as they are in the file, which is
   * what PIL and torchvision give and therefore what published encoders were trained and measured on.
   */
  readonly upright?: boolean;
}

/** As the decompression limit of other readers: 300 MB of pixels. */
const MAX_PIXELS = 100_000_000;

/**
 * Decodes JPEG, PNG, WebP, GIF (its first frame), TIFF (its first page) and AVIF.
 *
 * Colours are those of PIL's `convert('RGB')`: grey becomes three equal channels, 16 bits their upper 8, alpha is dropped
 * (not blended), embedded colour profiles of RGB and grey pictures are not applied. CMYK goes through a colour profile
 * instead of PIL's plain formula.
 *
 * @throws InputError that says why: not a picture, truncated, damaged, too many pixels.
 */
export async function decode(
  bytes: Uint8Array,
  { maxPixels = MAX_PIXELS, upright = false }: DecodeOptions = {},
): Promise<Image> {
  const format = formatOf(bytes);
  if (format === undefined || !READABLE.has(format)) throw new InputError(unreadable(format, bytes.length));
  try {
    const { data, info } = await sharp(bytes, {
      limitInputPixels: maxPixels,
      failOn: 'truncated',
      ignoreIcc: true,
      autoOrient: upright,
    })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: threeChannels(data, info.channels) };
  } catch (error) {
    throw new InputError(await reason(bytes, format, error, maxPixels), { cause: error });
  }
}

function unreadable(format: Format | undefined, length: number): string {
  if (length === 0) return 'the file is empty';
  if (format === undefined) return 'not a picture';
  return `${format} pictures are not read; convert it to PNG or JPEG`;
}

/** RGB in memory of its own; grey is repeated. */
function threeChannels(data: Buffer, channels: number): Uint8Array<ArrayBuffer> {
  if (channels === 3) {
    const whole = data.buffer instanceof ArrayBuffer && data.buffer.byteLength === data.byteLength;
    return whole ? new Uint8Array(data.buffer as ArrayBuffer) : Uint8Array.from(data);
  }
  const pixels = data.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) rgb.fill(data[i * channels]!, i * 3, i * 3 + 3);
  return rgb;
}

async function reason(bytes: Uint8Array, format: Format, error: unknown, maxPixels: number): Promise<string> {
  const message = error instanceof Error ? error.message : String(error);
  if (/pixel limit/i.test(message)) {
    // Reads the header only.
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
    return `${width} x ${height} is more than the limit of ${maxPixels} pixels`;
  }
  // The end first: of several pictures decoded at once, messages may be lost.
  const cut =
    /premature end|truncated|unexpected end|end of (file|stream)|not enough data|read error|out of order/i;
  if (lacksEnd(bytes, format) || cut.test(message)) return `truncated ${format}`;
  // What the decoders say in several lines fits one.
  return `damaged ${format} (${message.split('\n')[0]})`;
}

/** What the last bytes of a whole picture hold. */
const ENDS: Readonly<Partial<Record<Format, string>>> = { JPEG: '\xff\xd9', PNG: 'IEND' };

/** Whether the mark that ends a picture is missing. */
function lacksEnd(bytes: Uint8Array, format: Format): boolean {
  const mark = ENDS[format];
  return mark !== undefined && Buffer.from(bytes.subarray(-64)).lastIndexOf(mark, undefined, 'latin1') < 0;
}
