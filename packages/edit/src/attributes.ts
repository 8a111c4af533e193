/**
 * @module The attributes that codes are conditioned on, as data (section 5.1): change this table to edit other things.
 */

/** Rows of a code, both ends included. */
export type Rows = readonly [first: number, last: number];

export interface Attribute {
  readonly name: string;
  /** What its slider goes from and to, in its own unit. */
  readonly range: readonly [number, number];
  /** What a change of it is multiplied by. */
  readonly degree: number;
  /** Rows of W+ that an edit of it may change. */
  readonly rows: Rows;
}

/** In the order of the attribute vector. */
export const ATTRIBUTES = [
  { name: 'Gender', range: [0, 1], degree: 1.5, rows: [0, 7] },
  { name: 'Glasses', range: [0, 1], degree: 2.5, rows: [2, 3] },
  { name: 'Yaw', range: [-20, 20], degree: 1, rows: [0, 3] },
  { name: 'Pitch', range: [-20, 20], degree: 1, rows: [0, 3] },
  { name: 'Baldness', range: [0, 1], degree: 2, rows: [0, 5] },
  { name: 'Beard', range: [0, 1], degree: 1.7, rows: [5, 9] },
  { name: 'Age', range: [0, 65], degree: 0.93, rows: [4, 7] },
  { name: 'Expression', range: [0, 1], degree: 1, rows: [4, 5] },
] as const satisfies readonly Attribute[];

/** Coefficients of spherical harmonics, which stand before the attributes in what a code is conditioned on. */
export const LIGHT_COEFFICIENTS = 9;

/** Rows of W+ that an edit of the light may change. */
export const LIGHT_ROWS: Rows = [7, 11];

/** Numbers that a code is conditioned on: light, then attributes. */
export const CONTEXT_FEATURES = LIGHT_COEFFICIENTS + ATTRIBUTES.length;
