/**
 * @module Pictures of any shape as all networks here take them: their middle square.
 */
import { type Image, resizedCrop } from '@sextant/image/web';

/** The middle square of a picture at a size; a picture of that size itself. */
export function squared(image: Image, size: number): Image {
  const { width, height } = image;
  if (width === size && height === size) return image;
  const side = Math.min(width, height);
  const box = { top: (height - side) >> 1, left: (width - side) >> 1, width: side, height: side };
  return resizedCrop(image, box, size, size, 'bicubic');
}
