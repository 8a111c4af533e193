/**
 * @module Pictures of heads with their ground truth.
 */
import type { Image } from '@sextant/image';
import { attributesOf } from './attributes.js';
import { Paint } from './color.js';
import { imageLandmarks } from './landmarks.js';
import type { HeadParameters } from './parameters.js';
import { Scene } from './scene.js';
import { clamp } from './smooth.js';

export interface RenderOptions {
  /** Width and height of the picture in pixels. */
  readonly size: number;
  /** Samples of a pixel across and down (2). */
  readonly supersampling?: number;
}

/** A picture and all that is true of it. */
export interface Head {
  readonly image: Image;
  /** Which share of each pixel shows the person: head, hair, glasses, neck and torso [size, size]. */
  readonly mask: Float32Array<ArrayBuffer>;
  /** The 68 landmarks in pixels from the upper left corner, right and down [68, 2]. */
  readonly landmarks: Float32Array<ArrayBuffer>;
  /** In the order of `ATTRIBUTES` [8]. */
  readonly attributes: Float32Array<ArrayBuffer>;
  /** Coefficients of the light [9]. */
  readonly light: Float32Array<ArrayBuffer>;
  /** Degrees. */
  readonly pose: { readonly yaw: number; readonly pitch: number; readonly roll: number };
  /** The person's seed. */
  readonly person: number;
}

/**
 * Renders a head (section 10). The same parameters and options give the same bytes.
 *
 * @throws RangeError when size or supersampling is not a whole number from 1 up.
 *
 * @example
 * const { image, landmarks } = renderHead({ ...personOf(7), ...frameOf(1), glasses: 1, yaw: 30 }, { size: 128 });
 */
export function renderHead(parameters: HeadParameters, { size, supersampling = 2 }: RenderOptions): Head {
  for (const [name, value] of Object.entries({ size, supersampling })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`renderHead: ${name} ${value} is not a whole number from 1 up`);
  }
  const scene = new Scene(parameters);
  const { yaw, pitch, roll, light, person } = parameters;
  return {
    ...pixels(scene, size, supersampling),
    landmarks: imageLandmarks(scene.points, scene.shape, scene.camera, size),
    attributes: attributesOf(parameters),
    light: Float32Array.from(light),
    pose: { yaw, pitch, roll },
    person,
  };
}

function pixels(scene: Scene, size: number, supersampling: number): Pick<Head, 'image' | 'mask'> {
  // Not by @sextant/image, which decodes too and would be loaded by every thread.
  const image: Image = { width: size, height: size, data: new Uint8Array(size * size * 3) };
  const mask = new Float32Array(size * size);
  const paint = new Paint();
  const samples = supersampling ** 2;
  const place = (i: number) => ((i + 0.5) / (size * supersampling)) * 2 - 1;
  for (let pixel = 0; pixel < size * size; pixel++) {
    const [left, top] = [(pixel % size) * supersampling, Math.floor(pixel / size) * supersampling];
    let [red, green, blue, covered] = [0, 0, 0, 0];
    for (let s = 0; s < samples; s++) {
      const X = place(left + (s % supersampling));
      const Y = place(top + Math.floor(s / supersampling));
      if (scene.sample(paint, X, Y)) covered++;
      red += clamp(paint.r);
      green += clamp(paint.g);
      blue += clamp(paint.b);
    }
    mask[pixel] = covered / samples;
    image.data[pixel * 3] = Math.round((255 * red) / samples);
    image.data[pixel * 3 + 1] = Math.round((255 * green) / samples);
    image.data[pixel * 3 + 2] = Math.round((255 * blue) / samples);
  }
  return { image, mask };
}
