/**
 * @module What networks make as pictures.
 */
import type { NDArray } from '@sextant/engine';
import { blank, type Image } from '@sextant/image/web';

const level = (v: number): number => Math.min(255, Math.max(0, Math.round(v)));

/**
 * Pictures [..., 3, H, W] of -1 to 1 as levels of 0 to 255.
 *
 * @param masks - [..., 1, H, W] of 0 to 1: what is not the person becomes white, as far as it is not.
 */
export function picturesOf({ data, shape }: NDArray, masks?: NDArray): Image[] {
  const [height, width] = shape.slice(-2) as [number, number];
  const pixels = height * width;
  return Array.from({ length: data.length / (3 * pixels) }, (_, i) => {
    const image = blank(width, height);
    for (let p = 0; p < pixels; p++) {
      const share = masks ? Number(masks.data[i * pixels + p]) : 1;
      for (let c = 0; c < 3; c++) {
        const value = (Math.min(1, Math.max(-1, Number(data[(3 * i + c) * pixels + p]))) + 1) * 127.5;
        image.data[3 * p + c] = level(value * share + 255 * (1 - share));
      }
    }
    return image;
  });
}
