export { ATTRIBUTES, type Attribute, attributesOf, withAttributes } from './attributes.js';
export type { Rgb } from './color.js';
export { PARTS } from './landmarks.js';
export {
  type Frame,
  frameOf,
  type HeadParameters,
  type Person,
  personOf,
} from './parameters.js';
export { type Head, type RenderOptions, renderHead } from './render.js';
