/**
 * @module The colours of skin and features, painted one over the other (section 10, "Albedo").
 */
import { dimmed, mixed, type Paint, type Rgb } from './color.js';
import { hairColor } from './hair.js';
import { PARTS, type Point } from './landmarks.js';
import type { HeadParameters } from './parameters.js';
import { Bounds, contains, distanceTo } from './polygon.js';
import type { Shape } from './shape.js';
import { bell, bells, fourth, noise, smoothstep } from './smooth.js';

const REDDISH: Rgb = [0.6, 0.3, 0.25];
const CHEEK: Rgb = [0.85, 0.4, 0.35];
const INSIDE_MOUTH: Rgb = [0.22, 0.05, 0.06];
const TEETH: Rgb = [0.92, 0.9, 0.86];
const EYE_WHITE: Rgb = [0.95, 0.94, 0.92];
const PUPIL: Rgb = [0.03, 0.03, 0.03];
const GLINT: Rgb = [1, 1, 1];
const LID: Rgb = [0.1, 0.06, 0.05];

export const skinColor = ({ skin }: HeadParameters): Rgb =>
  mixed([0.93, 0.76, 0.66], [0.38, 0.25, 0.19], skin);

export class Face {
  private readonly skin: Rgb;
  private readonly beardColor: Rgb;
  private readonly beard: number;
  private readonly eyes: readonly Eye[];
  private readonly mouth: Mouth;
  private readonly brows: readonly Brow[];
  private readonly nostrils: readonly number[];
  private readonly nostrilColor: Rgb;

  /** @param points - the landmarks in the head's frame */
  constructor(parameters: HeadParameters, shape: Shape, points: readonly Point[]) {
    const part = (name: keyof typeof PARTS) => points.slice(...PARTS[name]);
    const iris = mixed([0.25, 0.14, 0.07], [0.25, 0.45, 0.65], parameters.iris);
    this.skin = skinColor(parameters);
    this.beardColor = hairColor(parameters);
    this.beard = parameters.beard;
    this.mouth = new Mouth(part('lips'), part('mouth'), parameters, shape);
    this.nostrils = [-0.6 * shape.noseWidth, 0.6 * shape.noseWidth];
    this.nostrilColor = dimmed(this.skin, 0.35);
    this.eyes = [
      new Eye(part('leftEye'), -shape.eye.x, shape.eye.y, iris),
      new Eye(part('rightEye'), shape.eye.x, shape.eye.y, iris),
    ];
    this.brows = [new Brow(part('leftBrow'), parameters), new Brow(part('rightBrow'), parameters)];
  }

  /** Paints a place of the surface. The back of the head has no features. */
  paint(paint: Paint, x: number, y: number, z: number): void {
    paint.set(this.skin);
    paint.toward(REDDISH, 0.1 * Math.max(0, noise(x, y, z)));
    if (z <= 0) return;
    paint.toward(CHEEK, 0.175 * bells(x, 0.38, 0.15, ((y - 0.15) / 0.12) ** 2));
    if (this.beard > 0 && y > 0.08) this.paintBeard(paint, x, y, z);
    this.mouth.paint(paint, x, y);
    for (const at of this.nostrils) {
      const away = ((x - at) / 0.03) ** 2 + ((y - 0.225) / 0.018) ** 2;
      paint.toward(this.nostrilColor, 0.8 * bell(2 * away * away));
    }
    for (const eye of this.eyes) eye.paint(paint, x, y);
    for (const brow of this.brows) brow.paint(paint, x, y);
  }

  /** Around the mouth, which stays bare. */
  private paintBeard(paint: Paint, x: number, y: number, z: number): void {
    const around = 1 - bell(2 * (fourth(x / 0.2) + fourth((y - 0.2) / 0.12)));
    const thickness = 0.75 + 0.25 * noise(3 * x, 3 * y, z);
    paint.toward(this.beardColor, this.beard * smoothstep(0.08, 0.25, y) * around * thickness);
  }
}

class Mouth {
  private readonly bounds: Bounds;
  private readonly lipColor: Rgb;
  private readonly teethAbove: number;

  constructor(
    private readonly lips: readonly Point[],
    private readonly opening: readonly Point[],
    { skin, mouth }: HeadParameters,
    shape: Shape,
  ) {
    this.bounds = new Bounds([...lips, ...opening]);
    this.lipColor = dimmed([0.72, 0.3, 0.3], 1 - 0.5 * skin);
    this.teethAbove = mouth > 0.15 ? shape.mouth.y + 0.05 * mouth + 0.01 : Number.NEGATIVE_INFINITY;
  }

  paint(paint: Paint, x: number, y: number): void {
    if (!this.bounds.has(x, y)) return;
    if (contains(this.lips, x, y)) paint.toward(this.lipColor, 0.8);
    if (!contains(this.opening, x, y)) return;
    paint.set(INSIDE_MOUTH);
    if (y < this.teethAbove) paint.toward(TEETH, 0.9);
  }
}

/** How far the lid's line reaches. */
const LID_WIDTH = 0.012;

class Eye {
  private readonly bounds: Bounds;
  private readonly lid: readonly Point[];

  constructor(
    private readonly outline: readonly Point[],
    private readonly x: number,
    private readonly y: number,
    private readonly iris: Rgb,
  ) {
    this.bounds = new Bounds(outline, LID_WIDTH);
    this.lid = outline.slice(0, 4);
  }

  paint(paint: Paint, x: number, y: number): void {
    if (!this.bounds.has(x, y)) return;
    if (contains(this.outline, x, y)) {
      const radius = Math.hypot(x - this.x, y - this.y);
      paint.set(radius < 0.025 ? PUPIL : radius < 0.055 ? this.iris : EYE_WHITE);
      if (Math.hypot(x - this.x + 0.015, y - this.y + 0.015) < 0.01) paint.set(GLINT);
    }
    if (distanceTo(this.lid, x, y) < LID_WIDTH) paint.toward(LID, 0.8);
  }
}

class Brow {
  private readonly bounds: Bounds;
  private readonly color: Rgb;
  private readonly dense: number;
  private readonly end: number;

  constructor(
    private readonly line: readonly Point[],
    parameters: HeadParameters,
  ) {
    this.color = dimmed(hairColor(parameters), 0.7);
    this.dense = 0.018 + 0.008 * parameters.gender;
    this.end = 0.034 + 0.01 * parameters.gender;
    this.bounds = new Bounds(line, this.end);
  }

  paint(paint: Paint, x: number, y: number): void {
    if (!this.bounds.has(x, y)) return;
    paint.toward(this.color, 0.9 * (1 - smoothstep(this.dense, this.end, distanceTo(this.line, x, y))));
  }
}
