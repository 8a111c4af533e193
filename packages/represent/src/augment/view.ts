/**
 * @module One view of a picture: the pipeline carried out with given choices, and the evaluation transform.
 */
import {
  brightness,
  contrast,
  crop,
  flip,
  gaussianBlur,
  grayscale,
  hue,
  type Image,
  resize,
  resizedCrop,
  saturation,
} from '@sextant/image/web';
import { type Choices, OPERATIONS, roundHalfEven } from './draw.js';
import type { Pipeline } from './pipelines.js';

const CHANGES = { brightness, contrast, saturation, hue };

/** The picture after each of the four changes of colour. */
export function jitterSteps(image: Image, { order, factors }: NonNullable<Choices['jitter']>): Image[] {
  const steps: Image[] = [];
  for (const operation of order)
    steps.push(CHANGES[OPERATIONS[operation]!](steps.at(-1) ?? image, factors[operation]!));
  return steps;
}

/** A view [S, S]: colours first, then the crop. */
export function augment(image: Image, choices: Choices, { size, interpolation }: Pipeline): Image {
  const jittered = choices.jitter ? jitterSteps(image, choices.jitter).at(-1)! : image;
  const colored = choices.gray ? grayscale(jittered) : jittered;
  const cropped = resizedCrop(colored, choices.box, size, size, interpolation);
  const flipped = choices.flip ? flip(cropped) : cropped;
  return choices.sigma === undefined ? flipped : gaussianBlur(flipped, choices.sigma);
}

/** Pictures that are this many times as long as wide lose their ends first. */
const LONGEST = 16;

/** The middle of a picture that is far longer than wide: resized whole it would fill the memory, and no pixel beyond counts. */
function middle(image: Image): Image {
  const { width, height } = image;
  const most = LONGEST * Math.min(width, height);
  const inset = (side: number): number => Math.max(0, Math.floor((side - most) / 2));
  const [left, top] = [inset(width), inset(height)];
  return crop(image, { top, left, width: width - 2 * left, height: height - 2 * top });
}

/**
 * The picture [S, S] that features are computed of: the shorter side resized, the centre cut out. A picture of S x S is
 * returned itself.
 */
export function evaluationView(image: Image, { size, interpolation, evaluationSide }: Pipeline): Image {
  if (image.width === size && image.height === size) return image;
  const whole = middle(image);
  const { width, height } = whole;
  const shorter = Math.min(width, height);
  const [w, h] = [width, height].map((side) => Math.trunc((evaluationSide * side) / shorter)) as [
    number,
    number,
  ];
  const top = roundHalfEven((h - size) / 2);
  const left = roundHalfEven((w - size) / 2);
  return crop(resize(whole, w, h, interpolation), { top, left, width: size, height: size });
}
