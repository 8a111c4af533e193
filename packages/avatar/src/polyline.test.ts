import { blank } from '@sextant/image';
import { expect, it } from 'vitest';
import { drawPolyline, type Point } from './polyline.js';

function drawn(points: readonly Point[], closed = false): string[] {
  const image = blank(9, 7);
  drawPolyline(image, points, { closed, color: [0, 255, 0] });
  return Array.from({ length: 7 }, (_, y) =>
    Array.from({ length: 9 }, (_, x) => (image.data[3 * (9 * y + x) + 1] === 255 ? '#' : '.')).join(''),
  );
}

it('a line is three pixels thick with round ends', () => {
  expect(
    drawn([
      { x: 2, y: 3 },
      { x: 6, y: 3 },
    ]),
  ).toEqual(['.........', '.........', '..#####..', '.#######.', '..#####..', '.........', '.........']);
});

it('a point is a disc, and what is outside is left out', () => {
  expect(
    drawn([
      { x: 0, y: 0 },
      { x: 0, y: 0 },
    ]).slice(0, 3),
  ).toEqual(['##.......', '#........', '.........']);
  expect(
    drawn([
      { x: 20, y: -3 },
      { x: 30, y: 40 },
    ]),
  ).toEqual(new Array(7).fill('.........'));
});

it('a closed line ends where it begins', () => {
  const corners = [
    { x: 1, y: 1 },
    { x: 7, y: 1 },
    { x: 7, y: 5 },
  ];
  expect(drawn(corners, true)).not.toEqual(drawn(corners));
  expect(drawn(corners, true)).toEqual(drawn([...corners, corners[0]!]));
});
