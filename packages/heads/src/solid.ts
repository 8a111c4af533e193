/**
 * @module Where a line of sight meets a solid.
 */
import type { Ray, Vector } from './camera.js';

export interface Sphere {
  readonly centre: Vector;
  readonly radius: number;
}

/** A part of space. */
export interface Solid {
  /** How far apart a line of sight is probed: parts that are thinner may be missed. */
  readonly step: number;
  /** No place of it is outside this sphere. */
  readonly sphere: Sphere;
  inside(x: number, y: number, z: number): boolean;
  /** A direction out of its surface at a place of that, of any length. */
  normal(x: number, y: number, z: number): Vector;
}

/** The part of a line of sight that is searched. */
const [NEAR, FAR] = [0.6, 3.4];

const HALVINGS = 8;

/**
 * The first place t of a line of sight in a solid, as section 10 finds it: steps from 0.6 to 3.4, then bisection.
 *
 * @param before - places from there on are not searched for.
 * @returns Infinity where there is none.
 */
export function firstInside(solid: Solid, ray: Ray, before: number): number {
  const [ox, oy, oz] = ray.origin;
  const [dx, dy, dz] = ray.direction;
  const { step } = solid;
  const [enter, leave] = span(solid.sphere, ray);
  const last = Math.min(FAR, leave, before + step);
  for (let i = Math.max(0, Math.ceil((enter - NEAR) / step)); ; i++) {
    const t = NEAR + step * i;
    if (t > last) return Number.POSITIVE_INFINITY;
    if (!solid.inside(ox + t * dx, oy + t * dy, oz + t * dz)) continue;
    let [low, high] = [t - step, t];
    for (let k = 0; k < HALVINGS; k++) {
      const between = (low + high) / 2;
      if (solid.inside(ox + between * dx, oy + between * dy, oz + between * dz)) high = between;
      else low = between;
    }
    return high;
  }
}

/** Between which places a line of sight is in a sphere; from infinity on where it never is. */
function span({ centre, radius }: Sphere, { origin, direction }: Ray): readonly [number, number] {
  const [x, y, z] = [origin[0] - centre[0], origin[1] - centre[1], origin[2] - centre[2]];
  const middle = -(x * direction[0] + y * direction[1] + z * direction[2]);
  const half2 = radius * radius + middle * middle - (x * x + y * y + z * z);
  if (half2 <= 0) return [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const half = Math.sqrt(half2);
  return [middle - half, middle + half];
}
