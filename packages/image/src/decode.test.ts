import { InputError } from '@sextant/io';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { drawn, noise } from '../test/pictures.js';
import { decode } from './decode.js';
import { encodeJpeg, encodePng } from './encode.js';

const picture = drawn(37, 23);
const raw = sharp(picture.data, { raw: { width: 37, height: 23, channels: 3 } });

describe('decode', () => {
  it.each([
    ['PNG', () => raw.clone().png().toBuffer()],
    ['TIFF', () => raw.clone().tiff({ compression: 'lzw' }).toBuffer()],
    ['WebP', () => raw.clone().webp({ lossless: true }).toBuffer()],
  ])('%s without loss', async (_, encode) => {
    expect(await decode(await encode())).toEqual(picture);
  });

  it.each([
    ['JPEG', 6, () => encodeJpeg(picture, 95)],
    ['GIF', 24, () => raw.clone().gif().toBuffer()],
    ['AVIF', 24, () => raw.clone().avif({ quality: 90 }).toBuffer()],
  ])('%s within %i levels on average', async (_, levels, encode) => {
    const { width, height, data } = await decode(await encode());
    expect([width, height, data.length]).toEqual([37, 23, 37 * 23 * 3]);
    const error = data.reduce((sum, value, i) => sum + Math.abs(value - picture.data[i]!), 0) / data.length;
    expect(error).toBeLessThan(levels);
  });

  it('gives three channels of grey', async () => {
    const grey = sharp(Uint8Array.of(0, 100, 255, 7), { raw: { width: 2, height: 2, channels: 1 } });
    const expected = [0, 0, 0, 100, 100, 100, 255, 255, 255, 7, 7, 7];
    expect([...(await decode(await grey.toColourspace('b-w').png().toBuffer())).data]).toEqual(expected);
  });

  it('drops alpha without blending', async () => {
    const rgba = sharp(Uint8Array.of(10, 20, 30, 0, 40, 50, 60, 128), {
      raw: { width: 2, height: 1, channels: 4 },
    });
    expect([...(await decode(await rgba.png().toBuffer())).data]).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it('keeps the upper 8 of 16 bits', async () => {
    const deep = sharp(Uint16Array.of(0x1234, 0xabcd, 0xffff), { raw: { width: 1, height: 1, channels: 3 } });
    const png = await deep.toColourspace('rgb16').png().toBuffer();
    expect([...(await decode(png)).data]).toEqual([0x12, 0xab, 0xff]);
  });

  it('turns CMYK into RGB', async () => {
    const cmyk = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#e04020' } })
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer();
    expect((await sharp(cmyk).metadata()).channels).toBe(4);
    const [r, g, b] = (await decode(cmyk)).data;
    expect(r! > 180 && g! < 110 && b! < 90).toBe(true);
  });

  it('turns a picture upright only when told to', async () => {
    const turned = await raw.clone().withMetadata({ orientation: 6 }).png().toBuffer();
    expect((await decode(turned)).width).toBe(37);
    expect((await decode(turned, { upright: true })).width).toBe(23);
  });
});

describe('what cannot be read', () => {
  it.each<[string, Uint8Array | (() => Promise<Uint8Array>), string]>([
    ['nothing', new Uint8Array(0), 'the file is empty'],
    ['text', new TextEncoder().encode('hello, this is text'), 'not a picture'],
    ['BMP', new TextEncoder().encode('BM and more'), 'BMP pictures are not read; convert it to PNG or JPEG'],
    [
      'SVG',
      new TextEncoder().encode('<svg xmlns="">'),
      'SVG pictures are not read; convert it to PNG or JPEG',
    ],
    ['a cut JPEG', async () => (await encodeJpeg(noise(64, 64))).subarray(0, 2000), 'truncated JPEG'],
    ['a cut PNG', async () => (await encodePng(noise(64, 64))).subarray(0, 2000), 'truncated PNG'],
    ['a head of a JPEG alone', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), 'truncated JPEG'],
  ])('%s', async (_, bytes, message) => {
    const data = typeof bytes === 'function' ? await bytes() : bytes;
    await expect(decode(data)).rejects.toThrow(new InputError(message));
  });

  it('too many pixels, told from the head', async () => {
    const png = await encodePng(drawn(40, 30));
    await expect(decode(png, { maxPixels: 1000 })).rejects.toThrow(
      new InputError('40 x 30 is more than the limit of 1000 pixels'),
    );
  });

  it('says one line about any damage', async () => {
    const whole = await encodePng(noise(20, 20));
    for (let at = 8; at < whole.length; at += 97) {
      const damaged = whole.slice();
      damaged[at]! ^= 0x55;
      const message = await decode(damaged).then(
        () => '',
        (error) => (error instanceof InputError ? error.message : `no InputError: ${error}`),
      );
      expect(message).toMatch(/^$|^(truncated|damaged) PNG[^\n]*$|more than the limit/);
    }
  });
});
