/**
 * @module Formats of pictures, recognised by their first bytes: names of files lie.
 */

/** Formats that are recognised. */
export type Format = 'JPEG' | 'PNG' | 'WebP' | 'GIF' | 'TIFF' | 'AVIF' | 'HEIC' | 'BMP' | 'JPEG XL' | 'SVG';

/** Those that are read. HEIC needs a decoder that may not be shipped freely. */
export const READABLE: ReadonlySet<Format> = new Set<Format>(['JPEG', 'PNG', 'WebP', 'GIF', 'TIFF', 'AVIF']);

const SIGNATURES: readonly (readonly [Format, offset: number, bytes: string])[] = [
  ['JPEG', 0, '\xff\xd8\xff'],
  ['PNG', 0, '\x89PNG\r\n\x1a\n'],
  ['WebP', 8, 'WEBP'],
  ['GIF', 0, 'GIF8'],
  ['TIFF', 0, 'II*\0'],
  ['TIFF', 0, 'MM\0*'],
  ['TIFF', 0, 'II+\0'],
  ['TIFF', 0, 'MM\0+'],
  ['AVIF', 4, 'ftypavif'],
  ['AVIF', 4, 'ftypavis'],
  ['HEIC', 4, 'ftyphei'],
  ['HEIC', 4, 'ftyphev'],
  ['BMP', 0, 'BM'],
  ['JPEG XL', 0, '\xff\x0a'],
  ['JPEG XL', 4, 'JXL '],
  ['SVG', 0, '<svg'],
];

/** Names of files that are taken for pictures, in lower case. */
export const EXTENSIONS: ReadonlySet<string> = new Set([
  '.jpg',
  '.jpeg',
  '.jpe',
  '.png',
  '.webp',
  '.gif',
  '.tif',
  '.tiff',
  '.avif',
]);

/** The format of a file by its first bytes; undefined for anything else. */
export function formatOf(bytes: Uint8Array): Format | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 12));
  return SIGNATURES.find(([, offset, signature]) => head.startsWith(signature, offset))?.[0];
}
