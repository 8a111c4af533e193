/**
 * @module Changes of colour, to the last bit those of Pillow and torchvision.
 *
 * Each gives a new picture, or writes `out`, which may be the picture itself.
 */
import { blank, type Image } from './image.js';

const same = ({ width, height }: Image): Image => blank(width, height);
const { fround } = Math;

/** Luminance 0..255 by ITU-R 601, in 16 bits of fraction. */
const luminance = (r: number, g: number, b: number): number =>
  (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;

/** To 0..255, the fraction cut off. */
const clip = (value: number): number => (value <= 0 ? 0 : value >= 255 ? 255 : value | 0);

/** For every value a of a channel d + f (a - d), in float32. */
function blendTable(d: number, factor: number): Uint8Array {
  const f = fround(factor);
  return Uint8Array.from({ length: 256 }, (_, a) => clip(fround(d + fround(f * (a - d)))));
}

function throughTable(image: Image, table: Uint8Array, out: Image): Image {
  const [from, to] = [image.data, out.data];
  for (let i = 0; i < from.length; i++) to[i] = table[from[i]!]!;
  return out;
}

/** Away from black: 0 is black, 1 the picture. */
export const brightness = (image: Image, factor: number, out = same(image)): Image =>
  throughTable(image, blendTable(0, factor), out);

/** Away from the mean luminance, rounded to a whole number: 0 is grey, 1 the picture. */
export function contrast(image: Image, factor: number, out = same(image)): Image {
  const { data } = image;
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) sum += luminance(data[i]!, data[i + 1]!, data[i + 2]!);
  const mean = Math.trunc(sum / (data.length / 3) + 0.5);
  return throughTable(image, blendTable(mean, factor), out);
}

/** Away from each pixel's luminance: 0 is grey, 1 the picture. */
export function saturation(image: Image, factor: number, out = same(image)): Image {
  const [from, to] = [image.data, out.data];
  const f = fround(factor);
  for (let i = 0; i < from.length; i += 3) {
    const [r, g, b] = [from[i]!, from[i + 1]!, from[i + 2]!];
    const d = luminance(r, g, b);
    to[i] = clip(fround(d + fround(f * (r - d))));
    to[i + 1] = clip(fround(d + fround(f * (g - d))));
    to[i + 2] = clip(fround(d + fround(f * (b - d))));
  }
  return out;
}

/** Luminance in all three channels. */
export function grayscale(image: Image, out = same(image)): Image {
  const [from, to] = [image.data, out.data];
  for (let i = 0; i < from.length; i += 3) {
    const grey = luminance(from[i]!, from[i + 1]!, from[i + 2]!);
    to[i] = grey;
    to[i + 1] = grey;
    to[i + 2] = grey;
  }
  return out;
}

/** Hue 0..255 of a colour whose channels are not all equal; ratios in float32. */
function hueOf(r: number, g: number, b: number, max: number, range: number): number {
  const [rc, gc, bc] = [fround((max - r) / range), fround((max - g) / range), fround((max - b) / range)];
  const sector = fround(r === max ? bc - gc : g === max ? 2 + rc - bc : 4 + gc - rc);
  return Math.trunc(fround((sector / 6 + 1) % 1) * 255);
}

/** Where hue 0..255 stands: its sixth of the circle, and how far along it. */
const SECTOR = Uint8Array.from({ length: 256 }, (_, h) => Math.floor((h * 6) / 255) % 6);
const ALONG = Float32Array.from({ length: 256 }, (_, h) => (h * 6) / 255 - Math.floor((h * 6) / 255));
const SHARE = Float32Array.from({ length: 256 }, (_, s) => s / 255);

/** Non-negative numbers, halves up. */
const round = (value: number): number => (value + 0.5) | 0;

/**
 * Turned around the circle of hues.
 *
 * @param turn - part of a full turn, -0.5 to 0.5; counts in steps of 1/255.
 */
export function hue(image: Image, turn: number, out = same(image)): Image {
  const [from, to] = [image.data, out.data];
  const shift = Math.trunc(turn * 255);
  for (let i = 0; i < from.length; i += 3) {
    const [r, g, b] = [from[i]!, from[i + 1]!, from[i + 2]!];
    const max = r > g ? (r > b ? r : b) : g > b ? g : b;
    const min = r < g ? (r < b ? r : b) : g < b ? g : b;
    const s = max === min ? 0 : Math.trunc(fround((max - min) / max) * 255);
    if (s === 0) {
      to[i] = max;
      to[i + 1] = max;
      to[i + 2] = max;
      continue;
    }
    const h = (hueOf(r, g, b, max, max - min) + shift) & 255;
    const [along, share] = [ALONG[h]!, SHARE[s]!];
    const low = round(max * (1 - share));
    const falling = round(max * (1 - share * along));
    const rising = round(max * (1 - share * (1 - along)));
    const sector = SECTOR[h]!;
    to[i] = sector === 0 || sector === 5 ? max : sector === 1 ? falling : sector === 4 ? rising : low;
    to[i + 1] = sector === 1 || sector === 2 ? max : sector === 0 ? rising : sector === 3 ? falling : low;
    to[i + 2] = sector === 3 || sector === 4 ? max : sector === 2 ? rising : sector === 5 ? falling : low;
  }
  return out;
}
