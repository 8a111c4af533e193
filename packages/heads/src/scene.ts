/**
 * @module A head before its background, sample by sample.
 */
import { NECK, TORSO } from './body.js';
import { Camera, cameraRay } from './camera.js';
import { mixed, type Paint } from './color.js';
import { Face, skinColor } from './face.js';
import { GLASSES_COLOR, Glasses } from './glasses.js';
import { Hair } from './hair.js';
import { facePoints, type Point } from './landmarks.js';
import { Light } from './light.js';
import type { HeadParameters } from './parameters.js';
import { Shape } from './shape.js';
import { noise } from './smooth.js';
import { firstInside, type Solid } from './solid.js';

interface Layer {
  readonly solid: Solid;
  paint(paint: Paint, x: number, y: number, z: number): void;
}

/** How much farther than they are neck and torso count, so that the head hides them where they touch. */
const SETBACK = 0.12;

export class Scene {
  readonly shape: Shape;
  readonly camera: Camera;
  /** The landmarks in the head's frame. */
  readonly points: readonly Point[];
  private readonly parameters: HeadParameters;
  private readonly light: Light;
  private readonly glasses: Glasses | undefined;
  private readonly body: readonly Layer[];
  /** Those that turn with the head. */
  private readonly head: readonly Layer[];

  constructor(parameters: HeadParameters) {
    const shape = new Shape(parameters);
    this.parameters = parameters;
    this.shape = shape;
    this.camera = new Camera(parameters);
    this.points = facePoints(shape, parameters);
    this.light = new Light(parameters.light);
    this.glasses = Glasses.of(parameters, shape);
    const skin = skinColor(parameters);
    this.body = [
      { solid: NECK, paint: (paint) => paint.set(skin) },
      { solid: TORSO, paint: (paint) => paint.set(parameters.cloth) },
    ];
    const face = new Face(parameters, shape, this.points);
    const hair = Hair.of(parameters, shape);
    // Hair is found quickly, and what it hides need not be looked for.
    this.head = [
      ...(hair ? [{ solid: hair, paint: hair.paint.bind(hair) }] : []),
      { solid: shape, paint: face.paint.bind(face) },
    ];
  }

  /**
   * The colour at a place of the picture, from -1 to 1 right and down.
   *
   * @returns whether it shows the person and not the background.
   */
  sample(paint: Paint, X: number, Y: number): boolean {
    const { camera } = this;
    const [x, y] = camera.unproject(X, Y);
    const ray = camera.headRay(x, y);
    if (this.glasses?.cover(ray)) {
      paint.set(GLASSES_COLOR);
      return true;
    }
    let nearest: Layer | undefined;
    let t = Number.POSITIVE_INFINITY;
    for (const layer of this.head) {
      const hit = firstInside(layer.solid, ray, t);
      if (hit < t) [nearest, t] = [layer, hit];
    }
    const straight = cameraRay(x, y);
    let turns = true;
    for (const layer of this.body) {
      const hit = firstInside(layer.solid, straight, t - SETBACK) + SETBACK;
      if (hit < t) [nearest, t, turns] = [layer, hit, false];
    }
    if (!nearest) {
      this.paintBackground(paint, X, Y);
      return false;
    }
    const { ox, oy, oz, dx, dy, dz } = turns ? ray : straight;
    const at = turns ? t : t - SETBACK;
    const [px, py, pz] = [ox + at * dx, oy + at * dy, oz + at * dz];
    nearest.paint(paint, px, py, pz);
    const normal = nearest.solid.normal(px, py, pz);
    paint.times(this.light.on(turns ? camera.toCamera(normal) : normal));
    return true;
  }

  private paintBackground(paint: Paint, X: number, Y: number): void {
    const [top, bottom] = this.parameters.background;
    paint.set(mixed(top, bottom, (Y + 1) / 2));
    paint.times(0.85 + 0.15 * noise(0.3 * X, 0.3 * Y, 0));
  }
}
