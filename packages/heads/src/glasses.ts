/**
 * @module Glasses: two rings and a bridge in a plane in front of the eyes (section 10).
 */
import type { Ray } from './camera.js';
import type { Rgb } from './color.js';
import type { Person } from './parameters.js';
import type { Shape } from './shape.js';

/** They are not shaded. */
export const GLASSES_COLOR: Rgb = [0.06, 0.06, 0.06];

export class Glasses {
  private readonly eye: Shape['eye'];
  private readonly z: number;

  private constructor(shape: Shape) {
    this.eye = shape.eye;
    this.z = shape.lift(0, shape.eye.y) + 0.06;
  }

  /** Undefined for a person who wears none. */
  static of({ glasses }: Person, shape: Shape): Glasses | undefined {
    return glasses >= 0.5 ? new Glasses(shape) : undefined;
  }

  /** Whether a line of sight of the head's frame meets them; seen from behind they are not drawn. */
  cover({ ox, oy, oz, dx, dy, dz }: Ray): boolean {
    if (dz >= 0) return false;
    const t = (this.z - oz) / dz;
    const x = Math.abs(ox + t * dx);
    const y = oy + t * dy - this.eye.y;
    if (x < 0.13 && Math.abs(y + 0.03) < 0.015) return true;
    // The ring on the other side is too far to be met.
    return Math.abs(Math.hypot((x - this.eye.x) / 0.19, y / 0.15) - 1) < 0.12;
  }
}
