/**
 * @module Operations on pixels for `sextant apply` and `verify`, with every random choice given.
 */
import { allocate, type DType, NDArray } from '@sextant/engine';
import { decode, gaussianBlur, type Image, resizedCrop, toPlanes } from '@sextant/image';
import { InputError } from '@sextant/io';
import { type AppliedModule, type ApplyRequest, inputOf, parseOptions } from '@sextant/system';
import { z } from 'zod';
import type { Choices } from '../augment/draw.js';
import { PIPELINE_NAMES, PIPELINES, type Pipeline } from '../augment/pipelines.js';
import { augment, evaluationView, jitterSteps } from '../augment/view.js';

const NoOptions = z.strictObject({});
const size = z.number().int().min(1).max(4096);
const interpolation = z.enum(['bicubic', 'bilinear']);

const CropOptions = z.strictObject({ size, interpolation: interpolation.default('bicubic') });

const AugmentOptions = z.strictObject({
  dataset: z.enum(PIPELINE_NAMES),
  size: size.optional(),
  interpolation: interpolation.default('bicubic'),
  split: z.enum(['train', 'test']).default('train'),
});

type Arrays = ApplyRequest['inputs'];

/** The pictures of an input [n, H, W, 3]. */
function pictures(inputs: Arrays): Image[] {
  const { data, dtype, shape } = inputOf(inputs, 'image', 4);
  const [count, height, width, channels] = shape as [number, number, number, number];
  if (dtype !== 'uint8' || channels !== 3)
    throw new InputError(`input image: ${dtype} [${shape.join(', ')}] instead of uint8 [n, H, W, 3]`);
  const length = height * width * 3;
  return Array.from({ length: count }, (_, i) => ({
    width,
    height,
    data: Uint8Array.from(data.subarray(i * length, (i + 1) * length) as Uint8Array),
  }));
}

/** One row of numbers for each picture, of an input [n, columns] or, for one column, [n]. */
function rows(inputs: Arrays, name: string, count: number, columns?: number): number[][] {
  const { data, shape } = inputOf(inputs, name, columns === undefined ? 1 : 2);
  const wanted = columns === undefined ? [count] : [count, columns];
  if (shape.join() !== wanted.join())
    throw new InputError(`input ${name}: shape [${shape.join(', ')}] instead of [${wanted.join(', ')}]`);
  const width = columns ?? 1;
  return Array.from({ length: count }, (_, i) =>
    Array.from(data.subarray(i * width, (i + 1) * width) as ArrayLike<number>, Number),
  );
}

function jitters(inputs: Arrays, count: number): NonNullable<Choices['jitter']>[] {
  const factors = rows(inputs, 'factors', count, 4);
  return rows(inputs, 'order', count, 4).map((order, i) => {
    if ([...order].sort().join() !== '0,1,2,3')
      throw new InputError(`input order: [${order.join(', ')}] is no permutation of 0 to 3`);
    return { order, factors: factors[i]! };
  });
}

/** The boxes of an input [n, 4] of top, left, height, width. @throws InputError where one reaches out of its picture. */
function boxes(inputs: Arrays, images: readonly Image[]): Choices['box'][] {
  return rows(inputs, 'box', images.length, 4).map((row, i) => {
    const [top = 0, left = 0, height = 0, width = 0] = row;
    const image = images[i]!;
    const inside = top >= 0 && left >= 0 && height > 0 && width > 0;
    if (!inside || top + height > image.height || left + width > image.width)
      throw new InputError(
        `input box: [${row.join(', ')}] is no part of ${image.height} x ${image.width} pixels`,
      );
    return { top, left, height, width };
  });
}

/** Arrays of one length under one another. */
function stacked<D extends DType>(
  dtype: D,
  parts: readonly ArrayLike<number>[],
  shape: number[],
): NDArray<D> {
  const data = allocate(
    dtype,
    shape.reduce((a, b) => a * b, 1),
  );
  let at = 0;
  for (const part of parts) {
    (data as unknown as Float32Array).set(part, at);
    at += part.length;
  }
  return new NDArray(data, shape, dtype);
}

function stackedImages(images: readonly Image[]): NDArray<'uint8'> {
  const [first] = images;
  if (!first) throw new InputError('there are no pictures');
  if (images.some(({ width, height }) => width !== first.width || height !== first.height))
    throw new InputError('the pictures have different sizes');
  const data = images.map((image) => image.data);
  return stacked('uint8', data, [images.length, first.height, first.width, 3]);
}

const colorJitter: AppliedModule = {
  summary:
    'images [n, H, W, 3] after brightness, contrast, saturation and hue in given orders, and after each',
  async apply({ config, inputs }) {
    parseOptions(NoOptions, config);
    const images = pictures(inputs);
    const steps = jitters(inputs, images.length).map((jitter, i) => jitterSteps(images[i]!, jitter));
    const { height, width } = images[0] ?? { height: 0, width: 0 };
    const after = steps.flat().map(({ data }) => data);
    return new Map<string, NDArray>([
      ['image', stackedImages(steps.map((step) => step.at(-1)!))],
      ['after', stacked('uint8', after, [images.length, 4, height, width, 3])],
    ]);
  },
};

const resizedCrops: AppliedModule = {
  summary: 'boxes of images [n, H, W, 3] cut out and resized to [n, S, S, 3]',
  async apply({ config, inputs }) {
    const options = parseOptions(CropOptions, config);
    const images = pictures(inputs);
    const crops = boxes(inputs, images).map((box, i) =>
      resizedCrop(images[i]!, box, options.size, options.size, options.interpolation),
    );
    return new Map([['image', stackedImages(crops)]]);
  },
};

const blur: AppliedModule = {
  summary: 'images [n, H, W, 3] blurred by Gaussians of given standard deviations [n]',
  async apply({ config, inputs }) {
    parseOptions(NoOptions, config);
    const images = pictures(inputs);
    const radii = rows(inputs, 'radius', images.length).flat();
    return new Map([['image', stackedImages(images.map((image, i) => gaussianBlur(image, radii[i]!)))]]);
  },
};

const wholeAugmentation: AppliedModule = {
  summary: 'images [n, H, W, 3] to what networks see [n, 3, S, S]: views by given choices, or for evaluation',
  async apply({ config, inputs }) {
    const { dataset, split, ...options } = parseOptions(AugmentOptions, config);
    const own: Pipeline = PIPELINES[dataset];
    const pipeline = { ...own, interpolation: options.interpolation, size: options.size ?? own.size };
    const images = pictures(inputs);
    const views =
      split === 'test'
        ? images.map((image) => evaluationView(image, pipeline))
        : givenChoices(inputs, images).map((choices, i) => augment(images[i]!, choices, pipeline));
    const planes = views.map((view) => toPlanes(view, pipeline.normalization));
    const { size: side } = pipeline;
    return new Map([['x', stacked('float32', planes, [views.length, 3, side, side])]]);
  },
};

function givenChoices(inputs: Arrays, images: readonly Image[]): Choices[] {
  const count = images.length;
  const flags = (name: string) => rows(inputs, name, count).map(([flag]) => flag !== 0);
  const [jittered, gray, flip] = [flags('jitter'), flags('gray'), flags('flip')];
  const colors = jitters(inputs, count);
  const sigmas = inputs.has('radius') ? rows(inputs, 'radius', count).flat() : [];
  return boxes(inputs, images).map((box, i) => ({
    ...(jittered[i] ? { jitter: colors[i]! } : {}),
    gray: gray[i]!,
    box,
    flip: flip[i]!,
    // 0 stands for no blur.
    ...(sigmas[i] ? { sigma: sigmas[i] } : {}),
  }));
}

const jpegDecode: AppliedModule = {
  summary: 'files bytes[offsets[k] .. offsets[k + 1]] of pictures of one size, decoded to [n, H, W, 3]',
  async apply({ config, inputs }) {
    parseOptions(NoOptions, config);
    const bytes = Uint8Array.from(inputOf(inputs, 'bytes', 1).data as Uint8Array);
    const offsets = Array.from(inputOf(inputs, 'offsets', 1).data as ArrayLike<number>, Number);
    const files = offsets.slice(1).map((end, k) => bytes.subarray(offsets[k], end));
    return new Map([['image', stackedImages(await Promise.all(files.map((file) => decode(file))))]]);
  },
};

export const pictureModules: Readonly<Record<string, AppliedModule>> = {
  'color-jitter': colorJitter,
  'resized-crop': resizedCrops,
  'gaussian-blur': blur,
  augment: wholeAugmentation,
  'jpeg-decode': jpegDecode,
};
