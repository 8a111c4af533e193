/**
 * @module The 68 landmarks of a face (section 10).
 */
import type { Camera } from './camera.js';
import type { Frame } from './parameters.js';
import type { Shape } from './shape.js';

/** A place of the face in the head's frame; its z is `shape.lift`. */
export type Point = readonly [x: number, y: number];

/** The first landmark of each part, and the one after its last. */
export const PARTS = {
  jaw: [0, 17],
  leftBrow: [17, 22],
  rightBrow: [22, 27],
  nose: [27, 36],
  leftEye: [36, 42],
  rightEye: [42, 48],
  lips: [48, 60],
  mouth: [60, 68],
} as const;

/** From the temple to the middle. */
const BROW: readonly Point[] = [
  [0.52, -0.27],
  [0.44, -0.325],
  [0.34, -0.345],
  [0.24, -0.335],
  [0.13, -0.3],
];

/** In half widths and half heights: the upper lid's four, then the lower lid's two. */
const EYE: readonly Point[] = [
  [-1, 0],
  [-0.35, -1],
  [0.35, -1],
  [1, 0],
  [0.35, 0.75],
  [-0.35, 0.75],
];

/** (u, v, q): across in half widths, down in half heights, share in the mouth's opening. */
type MouthPoint = readonly [u: number, v: number, q: number];

const LIPS: readonly MouthPoint[] = [
  [-1, 0, 0],
  [-0.6, -0.7, 0],
  [-0.22, -1, 0],
  [0, -0.85, 0],
  [0.22, -1, 0],
  [0.6, -0.7, 0],
  [1, 0, 0],
  [0.6, 0.9, 1],
  [0.25, 1.25, 1],
  [0, 1.3, 1],
  [-0.25, 1.25, 1],
  [-0.6, 0.9, 1],
];

const MOUTH: readonly MouthPoint[] = [
  [-0.88, 0, 0],
  [-0.3, -0.12, 0],
  [0, -0.08, 0],
  [0.3, -0.12, 0],
  [0.88, 0, 0],
  [0.3, 0.12, 1],
  [0, 0.16, 1],
  [-0.3, 0.12, 1],
];

const count = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

/** All landmarks in the head's frame, those of the jaw on its outline as seen from the front. */
export function facePoints(shape: Shape, frame: Frame): readonly Point[] {
  const { smile, mouth, eyes, brow } = frame;
  const { eye, noseWidth } = shape;
  const leftBrow = BROW.map(([x, y]): Point => [-x, y - 0.05 * brow * (1 - (0.3 * (x - 0.13)) / 0.39)]);
  const eyeAt = (x: number) => EYE.map(([u, v]): Point => [x + eye.width * u, eye.y + 0.062 * eyes * v]);
  const width = shape.mouth.width * (1 + 0.15 * smile - 0.1 * mouth);
  const mouthAt = ([u, v, q]: MouthPoint): Point => [
    width * u,
    shape.mouth.y + 0.055 * v - 0.06 * smile * Math.abs(u) ** 1.5 + 0.16 * mouth * q * (1 - u * u),
  ];
  return [
    ...count(17, (i) => jawPoint(shape, i)),
    ...leftBrow,
    ...leftBrow.map(([x, y]): Point => [-x, y]).reverse(),
    ...count(4, (k): Point => [0, -0.14 + 0.107 * k]),
    ...count(
      5,
      (k): Point => [0.75 * noseWidth * (k - 2), 0.263 - 0.018 * Math.cos((Math.PI * (k - 2)) / 4)],
    ),
    ...eyeAt(-eye.x),
    ...eyeAt(eye.x),
    ...LIPS.map(mouthAt),
    ...MOUTH.map(mouthAt),
  ];
}

function jawPoint(shape: Shape, i: number): Point {
  const y = -0.1 + (0.97 * shape.b + 0.1) * Math.sin(Math.PI * (1 - i / 16));
  return [Math.sign(i - 8) * OUTERMOST * shape.halfWidth(y), y];
}

/** Where on a row of the jaw, in half widths, the outline is looked for, and in how many places. */
const [OUTERMOST, INNERMOST, PLACES] = [0.97, 0.3, 34];

/** How much the surface at a landmark of the jaw has to face the camera. */
const FACING = 0.05;

/**
 * Landmarks in the picture [68, 2], in pixels from its upper left corner, right and down. Those of the jaw lie where
 * the outline is seen, as detectors put them: on their row, the outermost place that faces the camera.
 */
export function imageLandmarks(
  points: readonly Point[],
  shape: Shape,
  camera: Camera,
  size: number,
): Float32Array<ArrayBuffer> {
  const seen = points.map((point, i) =>
    i < PARTS.jaw[1] && i !== 8 ? outline(point, shape, camera) : point,
  );
  return Float32Array.from(
    seen.flatMap(([x, y]) => camera.project([x, y, shape.lift(x, y)])),
    (v) => ((v + 1) / 2) * size,
  );
}

function outline([x, y]: Point, shape: Shape, camera: Camera): Point {
  const half = Math.sign(x) * shape.halfWidth(y);
  const places = count(PLACES, (k) => half * (OUTERMOST + ((INNERMOST - OUTERMOST) * k) / (PLACES - 1)));
  const facing = places.find((at) => {
    const [nx, ny, nz] = camera.toCamera(shape.normal(at, y, shape.lift(at, y)));
    return nz >= FACING * Math.hypot(nx, ny, nz);
  });
  return [facing ?? half * INNERMOST, y];
}
