import { blank } from '@sextant/image';
import { expect, it } from 'vitest';
import { difference } from './apply.js';
import { sheetOf } from './outputs.js';

it('shows pictures as large as they are, small ones enlarged, and many large ones smaller', () => {
  const gap = 4;
  expect(sheetOf([blank(256, 256)]).width).toBe(256 + 2 * gap);
  expect(sheetOf([blank(16, 16)]).width).toBe(96 + 2 * gap);
  const many = Array.from({ length: 4096 }, () => blank(200, 1));
  expect(sheetOf(many).width).toBe(64 * (128 + gap) + gap);
});

it('shows what differs about a middle grey', () => {
  const level = (value: number) => {
    const image = blank(1, 1);
    image.data.fill(value);
    return image;
  };
  for (const [from, to, shown] of [
    [0, 255, 255],
    [255, 0, 0],
    [7, 7, 128],
  ] as const)
    expect([...difference(level(from), level(to)).data]).toEqual([shown, shown, shown]);
});
