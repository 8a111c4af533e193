/**
 * @module WAV files put together by hand for the tests.
 */
import { concat } from '../src/layout.js';
import { bytesOf, uint32 } from './pickles.js';

export const uint16 = (value: number): number[] => [value & 255, value >> 8];

/** One chunk; `size` states another size than the content has, `pad` overrides the padding. */
export function chunk(
  id: string,
  content: Uint8Array | number[],
  options: { size?: number; pad?: number } = {},
) {
  const { size = content.length, pad = content.length % 2 } = options;
  return concat([bytesOf(id, uint32(size)), Uint8Array.from(content), new Uint8Array(pad)]);
}

export const riff = (chunks: Uint8Array[], options: { id?: string; size?: number } = {}): Uint8Array => {
  const body = concat(chunks);
  return concat([bytesOf(options.id ?? 'RIFF', uint32(options.size ?? body.length + 4), 'WAVE'), body]);
};

export interface Fmt {
  tag?: number;
  channels?: number;
  rate?: number;
  bits?: number;
  frameBytes?: number;
}

export const fmt = ({ tag = 1, channels = 1, rate = 8000, bits = 16, frameBytes }: Fmt = {}): Uint8Array => {
  const width = frameBytes ?? Math.ceil(bits / 8) * channels;
  return chunk('fmt ', [
    ...uint16(tag),
    ...uint16(channels),
    ...uint32(rate),
    ...uint32((rate * width) >>> 0),
    ...uint16(width),
    ...uint16(bits),
  ]);
};
