import { blank, type Image } from '@sextant/image/web';
import { expect, it } from 'vitest';
import { planesOf } from './planes.js';

/** A picture with a level for each place. */
function drawn(width: number, height: number, level: (x: number, y: number) => number): Image {
  const image = blank(width, height);
  for (let i = 0; i < width * height; i++)
    image.data.fill(level(i % width, Math.floor(i / width)), 3 * i, 3 * i + 3);
  return image;
}

const face = (x: number, y: number) => 16 * x + y;

it('takes the middle square of a picture, as generators do', () => {
  const square = planesOf(drawn(8, 8, face), 8);
  const wide = drawn(24, 8, (x, y) => (x >= 8 && x < 16 ? face(x - 8, y) : 0));
  expect(planesOf(wide, 8).data).toEqual(square.data);
  expect(square.data[1]).toBeCloseTo((2 * 16) / 255 - 1, 6);
});
