import { blank, type Image } from '@sextant/image';
import { expect, it } from 'vitest';
import { cropHead, headBox, headInput } from './crop.js';

/** Each pixel says where it is. */
function places(width: number, height: number): Image {
  const image = blank(width, height);
  for (let i = 0; i < width * height; i++) image.data.set([i % width, Math.floor(i / width), 200], 3 * i);
  return image;
}

it('a box is twice as large as the face, and a sixth of it higher', () => {
  // 24 wide, 18 high, around (32, 29).
  expect(headBox([20, 20, 44, 38, 30, 30])).toEqual({ left: 8, top: 1, size: 48 });
  // The middle 10.5 goes to the even neighbour.
  expect(headBox([0, 0, 21, 21])).toEqual({ left: -11, top: -14, size: 42 });
});

it('outside of the photograph is black', () => {
  const part = cropHead(places(6, 5), { left: -1, top: 3, size: 3 });
  expect([...part.data]).toEqual([
    ...[0, 0, 0, 0, 3, 200, 1, 3, 200],
    ...[0, 0, 0, 0, 4, 200, 1, 4, 200],
    ...[0, 0, 0, 0, 0, 0, 0, 0, 0],
  ]);
  expect(cropHead(places(4, 4), { left: 50, top: 0, size: 2 })).toEqual(blank(2, 2));
});

it('landmarks and pixels are in [-1, 1] of the crop', () => {
  const { image, pose } = headInput(places(60, 60), [20, 20, 44, 38, 30, 30], 48);
  expect([...pose.subarray(0, 4)]).toEqual([
    -0.5,
    expect.closeTo(-0.2083, 4),
    0.5,
    expect.closeTo(0.5417, 4),
  ]);
  // The size stays, so that pixels do: the first is (8, 1).
  expect(image[0]).toBeCloseTo((8 / 255 - 0.5) * 2, 6);
  expect(image[48 * 48]).toBeCloseTo((1 / 255 - 0.5) * 2, 6);
  expect(image[2 * 48 * 48]).toBeCloseTo((200 / 255 - 0.5) * 2, 6);
});
