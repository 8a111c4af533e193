export { gaussianBlur } from './blur.js';
export { brightness, contrast, grayscale, hue, saturation } from './color.js';
export { type DecodeOptions, decode } from './decode.js';
export { encodeJpeg, encodePng, writeJpeg, writePng } from './encode.js';
export { flip } from './flip.js';
export { blank, type Image } from './image.js';
export { type Normalization, toPlanes } from './pixels.js';
export { type Box, crop, type Interpolation, resize, resizedCrop } from './resize.js';
export { type Color, type SheetOptions, sheet } from './sheet.js';
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
