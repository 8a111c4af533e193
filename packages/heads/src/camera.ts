/**
 * @module The camera: orthographic, turned around the head by yaw, pitch and roll.
 */
import type { Frame } from './parameters.js';

/** x right, y down, z to the camera. */
export type Vector = readonly [number, number, number];

/** A line of sight: places (ox, oy, oz) + t · (dx, dy, dz), the direction of length 1. Plain numbers, since pictures take many. */
export interface Ray {
  readonly ox: number;
  readonly oy: number;
  readonly oz: number;
  readonly dx: number;
  readonly dy: number;
  readonly dz: number;
}

/** How far before the head's centre lines of sight begin. */
const DISTANCE = 2;

const radians = (degrees: number): number => (degrees / 180) * Math.PI;

/** A line of sight in the camera's own frame; x and y as `Camera.unproject` gives them. */
export const cameraRay = (x: number, y: number): Ray => ({
  ox: x,
  oy: y,
  oz: DISTANCE,
  dx: 0,
  dy: 0,
  dz: -1,
});

/** Between the head's frame, the camera's, and the picture from -1 to 1. */
export class Camera {
  /** Rotation from the head's frame to the camera's, row by row: R_z(roll) · R_x(pitch) · R_y(yaw). */
  private readonly rows: readonly [Vector, Vector, Vector];
  private readonly scale: number;
  private readonly shift: readonly [number, number];

  constructor({ yaw, pitch, roll, scale, shift }: Frame) {
    const [cy, sy] = [Math.cos(radians(yaw)), Math.sin(radians(yaw))];
    const [cp, sp] = [Math.cos(radians(pitch)), Math.sin(radians(pitch))];
    const [cr, sr] = [Math.cos(radians(roll)), Math.sin(radians(roll))];
    this.rows = [
      [cr * cy + sr * sp * sy, -sr * cp, cr * sy - sr * sp * cy],
      [sr * cy - cr * sp * sy, cr * cp, sr * sy + cr * sp * cy],
      [-cp * sy, -sp, cp * cy],
    ];
    this.scale = scale;
    this.shift = shift;
  }

  /** A direction or place of the head's frame in the camera's. */
  toCamera([x, y, z]: Vector): Vector {
    const [a, b, c] = this.rows;
    return [a[0] * x + a[1] * y + a[2] * z, b[0] * x + b[1] * y + b[2] * z, c[0] * x + c[1] * y + c[2] * z];
  }

  /** One of the camera's frame in the head's. */
  toHead([x, y, z]: Vector): Vector {
    const [a, b, c] = this.rows;
    return [a[0] * x + b[0] * y + c[0] * z, a[1] * x + b[1] * y + c[1] * z, a[2] * x + b[2] * y + c[2] * z];
  }

  /** A place of the head's frame in the picture, from -1 to 1 right and down. */
  project(place: Vector): readonly [number, number] {
    const [x, y] = this.toCamera(place);
    return [this.scale * x + this.shift[0], this.scale * y + this.shift[1]];
  }

  /** A place of the picture in the camera's frame. */
  unproject(x: number, y: number): readonly [number, number] {
    return [(x - this.shift[0]) / this.scale, (y - this.shift[1]) / this.scale];
  }

  /** A line of sight in the head's frame. */
  headRay(x: number, y: number): Ray {
    const [ox, oy, oz] = this.toHead([x, y, DISTANCE]);
    const [dx, dy, dz] = this.toHead([0, 0, -1]);
    return { ox, oy, oz, dx, dy, dz };
  }
}
