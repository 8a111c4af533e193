/**
 * @module Hair: a shell around the head, cut along a line from the forehead to the nape (section 10, "Hair").
 */
import type { Vector } from './camera.js';
import { mixed, type Paint, type Rgb } from './color.js';
import type { Person } from './parameters.js';
import type { Shape } from './shape.js';
import { noise, smoothstep } from './smooth.js';
import type { Ellipsoid, Solid } from './solid.js';

/** From here on the head is bare. */
const BALD = 0.85;

const GREY: Rgb = [0.75, 0.75, 0.75];

/** The colour of hair, brows and beard: grey with age. */
export function hairColor({ hair, age }: Person): Rgb {
  const young = mixed([0.1, 0.07, 0.05], [0.72, 0.55, 0.3], hair);
  return mixed(young, GREY, 0.8 * smoothstep(0.5, 1, age));
}

export class Hair implements Solid {
  readonly step = 0.05;
  readonly bounds: Ellipsoid;
  private readonly color: Rgb;
  private readonly headWidth: number;
  /** Half width, half height and half depth of the shell. */
  private readonly radii: Vector;
  private readonly baldness: number;
  private readonly nape: number;

  private constructor(person: Person, shape: Shape) {
    const k = 1.07 + 0.025 * (1 - person.gender);
    this.headWidth = shape.a;
    this.radii = [shape.a * k, shape.b * k, shape.c * k];
    this.bounds = { centre: [0, 0, 0], radii: this.radii };
    this.color = hairColor(person);
    this.baldness = person.baldness;
    this.nape = 0.35 + 0.275 * (1 - person.gender);
  }

  /** Undefined for a bald head. */
  static of(person: Person, shape: Shape): Hair | undefined {
    return person.baldness < BALD ? new Hair(person, shape) : undefined;
  }

  inside(x: number, y: number, z: number): boolean {
    const [a, b, c] = this.radii;
    return (x / a) ** 2 + (y / b) ** 2 + (z / c) ** 2 < 1 && y < this.lowest(x, z);
  }

  /** The height of the cut: the hairline in front, the nape behind. */
  private lowest(x: number, z: number): number {
    const { baldness, headWidth, nape } = this;
    const side = Math.min(1, Math.abs(x) / headWidth);
    const hairline = -0.5 - 0.35 * baldness + 0.55 * side * side * side * (1 - 0.5 * baldness);
    const front = smoothstep(-0.25, 0.3, z);
    return hairline * front + nape * (1 - front);
  }

  /** The shell's, also on the cut. */
  normal(x: number, y: number, z: number): Vector {
    const [a, b, c] = this.radii;
    return [x / (a * a), y / (b * b), z / (c * c)];
  }

  paint(paint: Paint, x: number, y: number, z: number): void {
    paint.set(this.color);
    paint.times(0.8 + 0.25 * Math.sin(60 * Math.atan2(x, -y) + 3 * noise(x, y, z)));
  }
}
