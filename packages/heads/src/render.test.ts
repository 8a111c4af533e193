import { describe, expect, it } from 'vitest';
import { reference } from '../test/reference.js';
import { PARTS } from './landmarks.js';
import { frameOf, type HeadParameters, personOf } from './parameters.js';
import { type Head, renderHead } from './render.js';

/** Somebody without glasses and beard, with hair, whom the camera faces under plain light. */
const plain: HeadParameters = {
  ...personOf(3),
  ...frameOf(5),
  baldness: 0.1,
  beard: 0,
  glasses: 0,
  age: 0.2,
  yaw: 0,
  pitch: 0,
  roll: 0,
  light: [0.8, 0, 0.4, 0, 0, 0, 0, 0, 0],
};
const size = 64;
const render = (change: Partial<HeadParameters> = {}) => renderHead({ ...plain, ...change }, { size });
const landmark = ({ landmarks }: Head, i: number) => [landmarks[2 * i]!, landmarks[2 * i + 1]!] as const;
const pixel = ({ image }: Head, x: number, y: number) =>
  image.data.subarray((y * size + x) * 3, (y * size + x) * 3 + 3);
const brightness = (head: Head, x: number, y: number) => pixel(head, x, y).reduce((sum, v) => sum + v, 0) / 3;

/** The mean of a function over the pixels in a rectangle. */
function mean(
  of: (x: number, y: number) => number,
  left: number,
  top: number,
  right: number,
  bottom: number,
) {
  let [sum, count] = [0, 0];
  for (let y = Math.floor(top); y < bottom; y++) {
    for (let x = Math.floor(left); x < right; x++) {
      sum += of(x, y);
      count++;
    }
  }
  return sum / count;
}

/** The rows in which two pictures differ, from the first to the last. */
function changedRows(a: Head, b: Head): readonly [number, number] {
  const rows = Array.from({ length: size }, (_, y) => y).filter((y) =>
    a.image.data
      .subarray(y * size * 3, (y + 1) * size * 3)
      .some((v, i) => v !== b.image.data[y * size * 3 + i]),
  );
  return [rows[0]!, rows.at(-1)!];
}

describe('renderHead', () => {
  it('equals the formulas as they stand, in every pixel', () => {
    const S = 32;
    for (const seed of [1, 5, 7, 9]) {
      const parameters = { ...personOf(seed), ...frameOf(seed) };
      const expected = reference(parameters, S);
      const { image, mask, landmarks } = renderHead(parameters, { size: S });
      expect([...mask]).toEqual([...expected.mask]);
      for (const [i, v] of expected.landmarks.flat().entries()) expect(landmarks[i]).toBeCloseTo(v, 4);
      // Half a level is rounding.
      const off = [...image.data].filter((v, i) => Math.abs(v - 255 * expected.image[i]!) > 0.51);
      expect(off).toEqual([]);
    }
  });

  it('gives the same bytes again, at any size', () => {
    expect(render({ yaw: 20 })).toEqual(render({ yaw: 20 }));
    const large = renderHead(plain, { size: 97, supersampling: 1 });
    expect([large.image.width, large.image.height, large.mask.length]).toEqual([97, 97, 97 * 97]);
    const [x, y] = landmark(large, 30);
    const [small] = [landmark(render(), 30)];
    expect([(x / 97) * size, (y / 97) * size]).toEqual([
      expect.closeTo(small[0], 4),
      expect.closeTo(small[1], 4),
    ]);
  });

  it('refuses sizes that are none', () => {
    expect(() => renderHead(plain, { size: 0 })).toThrow(RangeError);
    expect(() => renderHead(plain, { size: 8, supersampling: 1.5 })).toThrow(RangeError);
  });

  it('turns to the right with yaw, down with pitch, and tilts to the right with roll', () => {
    const nose = (change: Partial<HeadParameters>) => landmark(render(change), 30);
    const [x, y] = nose({});
    expect(nose({ yaw: 30 })[0]).toBeGreaterThan(x + 5);
    expect(nose({ yaw: -30 })[0]).toBeLessThan(x - 5);
    expect(nose({ pitch: 20 })[1]).toBeGreaterThan(y + 3);
    const tilted = render({ roll: 10 });
    expect(landmark(tilted, 27)[0]).toBeGreaterThan(landmark(tilted, 8)[0] + 3);
  });

  it('puts landmarks on the features', () => {
    const open = render({ mouth: 1, eyes: 1, brow: 1, hair: 0, skin: 0, smile: 0 });
    const lips = landmark(open, 66);
    // Between the inner lips, below the teeth, it is dark and red.
    const [red, green] = pixel(open, Math.round(lips[0]), Math.round(lips[1]) - 2);
    expect([red! < 90, green! < 40]).toEqual([true, true]);
    // The middle of an eye is darker than the cheek below.
    for (const [from, to] of [PARTS.leftEye, PARTS.rightEye]) {
      const points = Array.from({ length: to - from }, (_, i) => landmark(open, from + i));
      const [x, y] = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis]!, 0) / 6) as [
        number,
        number,
      ];
      expect(brightness(open, Math.floor(x), Math.floor(y))).toBeLessThan(110);
      expect(brightness(open, Math.floor(x), Math.floor(y) + 7)).toBeGreaterThan(150);
    }
    for (let i = 0; i < 68; i++) {
      const [x, y] = landmark(open, i);
      expect(open.mask[Math.floor(y) * size + Math.floor(x)]).toBeGreaterThan(0);
    }
  });

  it('keeps the landmarks of the jaw in sight when the head turns', () => {
    const turned = render({ yaw: 40 });
    // On the side that turns away they lie on the outline: the background begins just beyond.
    for (const i of [10, 11, 12]) {
      const [x, y] = landmark(turned, i);
      const beyond = mean((px, py) => turned.mask[py * size + px]!, x + 3, y, x + 4, y + 1);
      expect(turned.mask[Math.floor(y) * size + Math.floor(x - 1)]).toBe(1);
      expect(beyond).toBe(0);
    }
  });

  it('has a mask that is exact: the background shows through nowhere else', () => {
    const black = render({
      background: [
        [0, 0, 0],
        [0, 0, 0],
      ],
    });
    const white = render({
      background: [
        [1, 1, 1],
        [1, 1, 1],
      ],
    });
    expect(black.mask).toEqual(white.mask);
    let partly = 0;
    black.mask.forEach((share, i) => {
      const through = (white.image.data[3 * i]! - black.image.data[3 * i]!) / 255;
      // The pattern of the background is 0.68 to 1.
      expect(through).toBeLessThanOrEqual(1 - share + 0.003);
      expect(through).toBeGreaterThanOrEqual(0.68 * (1 - share) - 0.003);
      if (share > 0 && share < 1) partly++;
    });
    expect(partly).toBeGreaterThan(50);
    expect([black.mask[0], black.mask[(size / 2) * size + size / 2]]).toEqual([0, 1]);
  });

  it('brightens the side that the light comes from', () => {
    const lit = (coefficient: number, value: number) =>
      render({ light: plain.light.map((v, i) => (i === coefficient ? value : v)) });
    const sides = (head: Head) => {
      const [[left], [right, y]] = [landmark(head, 2), landmark(head, 14)];
      const at = (x: number) => mean((px, py) => brightness(head, px, py), x - 2, y - 4, x + 2, y + 4);
      return at(right - 3) - at(left + 3);
    };
    expect(sides(lit(3, 0.35))).toBeGreaterThan(30);
    expect(sides(lit(3, -0.35))).toBeLessThan(-30);
    const forehead = (head: Head) =>
      brightness(head, Math.round(landmark(head, 27)[0]), Math.round(landmark(head, 27)[1]) - 7);
    expect(forehead(lit(1, -0.25))).toBeGreaterThan(forehead(lit(1, 0.1)) + 5);
  });

  it('shows every attribute where it belongs', () => {
    const before = render();
    const row = (i: number) => landmark(before, i)[1];
    const glasses = render({ glasses: 1 });
    const dark = (head: Head) =>
      mean(
        (x, y) => Number(brightness(head, x, y) < 40),
        landmark(head, 36)[0] - 4,
        row(37) - 5,
        landmark(head, 45)[0] + 4,
        row(41) + 5,
      );
    expect(dark(glasses)).toBeGreaterThan(dark(before) + 0.08);
    expect(changedRows(before, glasses)[1]).toBeLessThan(row(33));
    expect(changedRows(before, render({ beard: 1 }))[0]).toBeGreaterThan(row(28));
    expect(changedRows(before, render({ smile: 1 }))[0]).toBeGreaterThan(row(33) - 1);
    expect(changedRows(before, render({ baldness: 0.8 }))[1]).toBeLessThan(row(57));
    expect(changedRows(before, render({ cloth: [1, 1, 1] }))[0]).toBeGreaterThan(row(8));
    // Grey hair is as blue as red.
    const [red, , blue] = pixel(render({ age: 1, hair: 0.2 }), size / 2, 10);
    expect(Math.abs(red! - blue!)).toBeLessThan(12);
  });

  it('reports what was asked for', () => {
    const { attributes, light, pose, person } = renderHead({ ...plain, yaw: 12, age: 0.5 }, { size: 8 });
    expect([attributes[2], attributes[6], pose.yaw, person]).toEqual([12, 0.5, 12, 3]);
    expect([...light]).toEqual([...Float32Array.from(plain.light)]);
  });
});
