/**
 * @module Pictures to files.
 */
import { writeFile } from '@sextant/io';
import sharp from 'sharp';
import type { Image } from './image.js';

const source = ({ width, height, data }: Image) => sharp(data, { raw: { width, height, channels: 3 } });

const owned = (buffer: Buffer): Uint8Array<ArrayBuffer> => Uint8Array.from(buffer);

/** A picture as PNG, without loss. */
export const encodePng = async (image: Image): Promise<Uint8Array<ArrayBuffer>> =>
  owned(await source(image).png().toBuffer());

/** A picture as JPEG, without subsampled colours. @param quality - 1 to 100 (90). */
export const encodeJpeg = async (image: Image, quality = 90): Promise<Uint8Array<ArrayBuffer>> =>
  owned(await source(image).jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer());

/** Writes a PNG file, whole or not at all. @throws InputError when it cannot be written. */
export async function writePng(path: string, image: Image): Promise<void> {
  await writeFile(path, [await encodePng(image)]);
}

/** Writes a JPEG file, whole or not at all. @throws InputError when it cannot be written. */
export async function writeJpeg(path: string, image: Image, quality?: number): Promise<void> {
  await writeFile(path, [await encodeJpeg(image, quality)]);
}
