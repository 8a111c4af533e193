/**
 * @module Pictures in memory: what runs in a browser.
 */
export { gaussianBlur } from './blur.js';
export { brightness, contrast, grayscale, hue, saturation } from './color.js';
export { flip } from './flip.js';
export { blank, fromRGBA, type Image, type RGBA } from './image.js';
export { type Normalization, toPlanes } from './pixels.js';
export { type Box, crop, type Interpolation, resize, resizedCrop } from './resize.js';
export { type Color, type SheetOptions, sheet } from './sheet.js';
export { drawText, GLYPH } from './text.js';
