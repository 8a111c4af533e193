export { ATTRIBUTES, type Attribute, attributesOf, withAttributes } from './attributes.js';
export type { Rgb } from './color.js';
export { PARTS } from './landmarks.js';
export { type Frame, frameOf, type HeadParameters, type Person, personOf } from './parameters.js';
export { type Head, type RenderOptions, renderHead } from './render.js';
export { HeadRenderer } from './renderer.js';
export { HeadSet, type HeadSetOptions, type HeadSplit, SPLITS } from './set.js';
export { headVideo } from './video.js';
export { type WriteOptions, writeHeads } from './write.js';
