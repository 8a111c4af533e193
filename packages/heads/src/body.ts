/**
 * @module Neck and torso, which do not turn with the head (section 10): their frame is the camera's.
 */
import type { Vector } from './camera.js';
import type { Solid } from './solid.js';

/** An upright cylinder behind the head's middle. */
export const NECK: Solid = {
  step: 0.07,
  // √2 times the half sides of the box around it
  bounds: { centre: [0, 1.175, -0.15], radii: [0.57, 1.03, 0.57] },
  inside: (x, y, z) => y > 0.45 && y < 1.9 && x * x + (z + 0.15) ** 2 < 0.4 ** 2,
  normal: (x, _y, z) => [x, 0, z + 0.15],
};

const CENTRE: Vector = [0, 2.15, -0.25];
const RADII: Vector = [1.45, 1.05, 0.65];

/** An ellipsoid below the neck. */
export const TORSO: Solid = {
  step: 0.07,
  bounds: { centre: CENTRE, radii: RADII },
  inside: (x, y, z) =>
    ((x - CENTRE[0]) / RADII[0]) ** 2 +
      ((y - CENTRE[1]) / RADII[1]) ** 2 +
      ((z - CENTRE[2]) / RADII[2]) ** 2 <
    1,
  normal: (x, y, z) => [
    (x - CENTRE[0]) / RADII[0] ** 2,
    (y - CENTRE[1]) / RADII[1] ** 2,
    (z - CENTRE[2]) / RADII[2] ** 2,
  ],
};
