/**
 * @module The attributes that an editing system changes, as a vector.
 */
import type { HeadParameters } from './parameters.js';

/** One place of the attribute vector. */
export interface Attribute {
  /** What tables and files call it. */
  readonly name: string;
  readonly field: 'gender' | 'glasses' | 'yaw' | 'pitch' | 'baldness' | 'beard' | 'age' | 'smile';
  /** What seeds choose from. */
  readonly range: readonly [number, number];
}

/** In the order of the vector. Only pose has a unit, degrees. */
export const ATTRIBUTES: readonly Attribute[] = [
  { name: 'Gender', field: 'gender', range: [-1, 1] },
  { name: 'Glasses', field: 'glasses', range: [0, 1] },
  { name: 'Yaw', field: 'yaw', range: [-45, 45] },
  { name: 'Pitch', field: 'pitch', range: [-20, 20] },
  { name: 'Baldness', field: 'baldness', range: [0, 1] },
  { name: 'Beard', field: 'beard', range: [0, 1] },
  { name: 'Age', field: 'age', range: [0, 1] },
  { name: 'Smile', field: 'smile', range: [-1, 1] },
];

/** The attribute vector [8]. */
export const attributesOf = (parameters: HeadParameters): Float32Array<ArrayBuffer> =>
  Float32Array.from(ATTRIBUTES, ({ field }) => parameters[field]);

/**
 * The same head with other attributes: what an edit should show.
 *
 * @param attributes - a vector as `attributesOf` gives [8]
 * @throws RangeError when it has another length.
 */
export function withAttributes(parameters: HeadParameters, attributes: ArrayLike<number>): HeadParameters {
  if (attributes.length !== ATTRIBUTES.length)
    throw new RangeError(`${attributes.length} attributes, ${ATTRIBUTES.length} expected`);
  return { ...parameters, ...Object.fromEntries(ATTRIBUTES.map(({ field }, i) => [field, attributes[i]!])) };
}
