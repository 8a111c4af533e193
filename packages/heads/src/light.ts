/**
 * @module Light as spherical harmonics of the second order (section 10, "Light").
 */
import type { Vector } from './camera.js';

/** How diffuse surfaces weaken the harmonics of each order. */
const [A0, A1, A2] = [Math.PI, (2 * Math.PI) / 3, Math.PI / 4];

/** Of the harmonics 1, y, z, x, xy, yz, 3z²-1, xz, x²-y². */
const FACTORS: readonly number[] = [
  0.2821 * A0,
  ...[0.4886, 0.4886, 0.4886].map((v) => v * A1),
  ...[1.0925, 1.0925, 0.3154, 1.0925, 0.5463].map((v) => v * A2),
];

export class Light {
  private readonly weights: readonly number[];

  /** @param coefficients - l₀ … l₈ */
  constructor(coefficients: readonly number[]) {
    this.weights = FACTORS.map((factor, k) => factor * (coefficients[k] ?? 0));
  }

  /** What a surface's colour is multiplied by. @param normal - in the camera's frame, of any length */
  on([nx, ny, nz]: Vector): number {
    const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
    const [x, y, z] = [nx / length, ny / length, nz / length];
    const [l0, l1, l2, l3, l4, l5, l6, l7, l8] = this.weights;
    const sum =
      l0! +
      l1! * y +
      l2! * z +
      l3! * x +
      l4! * x * y +
      l5! * y * z +
      l6! * (3 * z * z - 1) +
      l7! * x * z +
      l8! * (x * x - y * y);
    return Math.max(0, sum);
  }
}
