/**
 * @module The surface of a head: a tapered ellipsoid with a relief (section 10, "Shape").
 */
import type { Vector } from './camera.js';
import type { Person } from './parameters.js';
import { bell, bells, fourth, smoothstep } from './smooth.js';
import type { Ellipsoid, Solid } from './solid.js';

/** Of the central differences that normals are made of. */
const H = 1e-3;

/** Frame of the head: x right, y down, z to the camera, half its height about 1. */
export class Shape implements Solid {
  readonly step = 0.07;
  readonly bounds: Ellipsoid;
  /** Half width, half height and half depth. */
  readonly a: number;
  readonly b: number;
  readonly c = 0.82;
  /** Half width and height of the nose: ν and λ. */
  readonly noseWidth: number;
  readonly noseHeight: number;
  /** The right eye of the picture; the left one is at -x. */
  readonly eye: { readonly x: number; readonly y: number; readonly width: number };
  readonly mouth: { readonly y: number; readonly width: number };
  private readonly taperBy: number;
  private readonly browHeight: number;
  private readonly chinHeight: number;
  private readonly age: number;

  constructor({ gender: g, age, identity }: Person) {
    const d = (i: number) => identity[i] ?? 0;
    this.a = 0.74 + 0.03 * g + 0.03 * d(0);
    this.b = 1 + 0.04 * d(1);
    this.taperBy = 0.3 - 0.1 * g + 0.05 * d(2);
    this.noseWidth = 0.085 + 0.01 * g + 0.015 * d(3);
    this.noseHeight = 0.24 + 0.03 * g + 0.03 * d(4);
    this.eye = { x: 0.3 + 0.02 * d(5), y: -0.12, width: 0.125 };
    this.mouth = { y: 0.47 + 0.02 * d(6), width: 0.24 + 0.02 * d(7) };
    this.browHeight = 0.03 + 0.02 * g;
    this.chinHeight = 0.05 + 0.02 * g;
    this.age = age;
    // (√(1-q)·c + δ)² ≤ 2(1-q)c² + 2δ², where q is the share of x and y in the ellipsoid's equation.
    const k = Math.hypot(1, this.mostRelief(0) / this.c);
    this.bounds = { centre: [0, 0, 0], radii: [this.a * k, this.b * k, Math.SQRT2 * this.c * k] };
  }

  /** τ(y): how much narrower the head is than its ellipsoid. */
  taper(y: number): number {
    return y > 0 ? 1 - this.taperBy * (y / this.b) ** 2 : 1;
  }

  /** δ(x, y): how far the surface stands out in front of the ellipsoid. */
  relief(x: number, y: number): number {
    const { eye, noseWidth, noseHeight, browHeight, chinHeight, mouth } = this;
    let height = 0;
    if (y > -0.25 && y < 0.3) {
      const width = noseWidth * (0.75 + 0.5 * smoothstep(-0.2, 0.18, y));
      height +=
        noseHeight * bell((x / width) ** 2) * smoothstep(-0.25, 0.18, y) * (1 - smoothstep(0.18, 0.3, y));
    }
    height -= 0.07 * bells(x, eye.x, 0.13, ((y - eye.y) / 0.08) ** 2);
    height += browHeight * bells(x, 0.25, 0.16, ((y - eye.y + 0.17) / 0.05) ** 2);
    height += 0.05 * bell((x / 0.16) ** 2 + ((y - mouth.y) / 0.09) ** 2);
    height += chinHeight * bell((x / 0.14) ** 2 + ((y - 0.82) / 0.1) ** 2);
    if (this.age > 0) height += this.age * wrinkles(x, y);
    return height;
  }

  /** The highest that δ can be at a distance from the middle. */
  private mostRelief(x: number): number {
    const { noseHeight, noseWidth, browHeight, chinHeight, age } = this;
    // Two bells of the brows never add up to more than 1.1.
    const others = 1.1 * Math.abs(browHeight) + 0.05 + Math.abs(chinHeight) + 0.01 * age;
    return others + (Math.abs(x) < 7.5 * noseWidth ? noseHeight : 0);
  }

  /** Whether f(p) < 0; δ is computed where it matters only. */
  inside(x: number, y: number, z: number): boolean {
    const { a, b, c } = this;
    const room = 1 - (x / (a * this.taper(y))) ** 2 - (y / b) ** 2;
    if (room <= 0) return false;
    const half = c * Math.sqrt(room);
    if (z <= 0) return z > -half;
    if (z > half + this.mostRelief(x)) return false;
    return Math.abs(z - this.relief(x, y)) < half;
  }

  /** z of the surface's front at (x, y). */
  lift(x: number, y: number): number {
    const room = 1 - (x / (this.a * this.taper(y))) ** 2 - (y / this.b) ** 2;
    return this.c * Math.sqrt(Math.max(0, room)) + this.relief(x, y);
  }

  /** Half the width at a height; 0 above and below the head. */
  halfWidth(y: number): number {
    return this.a * this.taper(y) * Math.sqrt(Math.max(0, 1 - (y / this.b) ** 2));
  }

  /** A direction out of the surface, of any length: ∇f. */
  normal(x: number, y: number, z: number): Vector {
    return [
      this.level(x + H, y, z) - this.level(x - H, y, z),
      this.level(x, y + H, z) - this.level(x, y - H, z),
      this.level(x, y, z + H) - this.level(x, y, z - H),
    ];
  }

  /** f(p): 0 on the surface, negative inside. */
  private level(x: number, y: number, z: number): number {
    const depth = z > 0 ? z - this.relief(x, y) : z;
    return (x / (this.a * this.taper(y))) ** 2 + (y / this.b) ** 2 + (depth / this.c) ** 2 - 1;
  }
}

/** What the oldest have: furrows of the forehead and folds from the nose to the corners of the mouth. */
function wrinkles(x: number, y: number): number {
  if (y > -0.8 && y < -0.34) {
    const furrows = Math.sin((2 * Math.PI * (y + 0.02 * Math.cos(6 * x))) / 0.085);
    const where = smoothstep(-0.8, -0.65, y) * (1 - smoothstep(-0.42, -0.34, y));
    return 0.01 * furrows * where * bell(2 * fourth(x / 0.4));
  }
  if (y > 0.16 && y < 0.6) {
    const folds = bells(x, 0.15 + 0.35 * (y - 0.18), 0.018, 0);
    return -0.022 * folds * smoothstep(0.16, 0.24, y) * (1 - smoothstep(0.5, 0.6, y));
  }
  return 0;
}
