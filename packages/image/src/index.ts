export { ANIMATION_FORMATS, type AnimationOptions, checkAnimationPath, writeAnimation } from './animation.js';
export { type DecodeOptions, decode } from './decode.js';
export { encodeJpeg, encodePng, writeJpeg, writePng } from './encode.js';
export { type OpenOptions, openImages } from './sources/open.js';
export {
  type Broken,
  type Readable,
  type ReadableOptions,
  readable,
  type SharedImages,
  sharedImage,
} from './sources/readable.js';
export type { Split } from './sources/records.js';
export { type ImageSet, type Listing, openListing, subset } from './sources/set.js';
export { readVideo, type VideoOptions } from './video.js';
export * from './web.js';
