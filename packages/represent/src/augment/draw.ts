/**
 * @module The random choices of one view (sections 4.3 and 4.4).
 */
import type { Generator } from '@sextant/engine';
import type { Box } from '@sextant/image';
import type { Jitter, Pipeline } from './pipelines.js';

/** The changes of colour by number, as torchvision's permutation orders them. */
export const OPERATIONS = ['brightness', 'contrast', 'saturation', 'hue'] as const;

/** Everything that is random about one view. */
export interface Choices {
  /** Absent where colours stay. */
  readonly jitter?: {
    /** Numbers of the four operations, in the order in which they are done. */
    readonly order: readonly number[];
    /** By operation's number. */
    readonly factors: readonly number[];
  };
  readonly gray: boolean;
  readonly box: Box;
  readonly flip: boolean;
  /** Standard deviation of the blur; absent where there is none. */
  readonly sigma?: number;
}

/** Draws one view's choices for a picture of a size. */
export function drawChoices(pipeline: Pipeline, width: number, height: number, random: Generator): Choices {
  const { jitter, grayscale, crop, flip, blur } = pipeline;
  const jittered = random.uniform() < jitter.probability ? drawJitter(jitter, random) : undefined;
  const gray = random.uniform() < grayscale;
  const box = drawBox(width, height, crop, random);
  const flipped = random.uniform() < flip;
  const sigma =
    blur && random.uniform() < blur.probability ? random.uniform(blur.sigma[0], blur.sigma[1]) : undefined;
  return {
    ...(jittered ? { jitter: jittered } : {}),
    gray,
    box,
    flip: flipped,
    ...(sigma === undefined ? {} : { sigma }),
  };
}

function drawJitter(ranges: Jitter, random: Generator): NonNullable<Choices['jitter']> {
  const order = Array.from(random.permutation(4).data);
  const factors = OPERATIONS.map((name) => {
    const range = ranges[name];
    return name === 'hue' ? random.uniform(-range, range) : random.uniform(Math.max(0, 1 - range), 1 + range);
  });
  return { order, factors };
}

/** To the nearest whole number, halves to the even one. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return rest < 0.5 ? below : below + 1;
}

/** The box of a random resized crop: of a random area and aspect; the central part where ten draws do not fit. */
export function drawBox(
  width: number,
  height: number,
  { scale, ratio }: Pipeline['crop'],
  random: Generator,
): Box {
  const [lowest, highest] = [Math.log(ratio[0]), Math.log(ratio[1])];
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = width * height * random.uniform(scale[0], scale[1]);
    const aspect = Math.exp(random.uniform(lowest, highest));
    const w = roundHalfEven(Math.sqrt(area * aspect));
    const h = roundHalfEven(Math.sqrt(area / aspect));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    const top = random.integer(0, height - h + 1);
    return { top, left: random.integer(0, width - w + 1), height: h, width: w };
  }
  return centralBox(width, height, ratio);
}

/** The largest part in the centre whose width : height is in a range. */
function centralBox(width: number, height: number, [lowest, highest]: readonly [number, number]): Box {
  const aspect = width / height;
  const h = aspect < lowest ? Math.min(height, roundHalfEven(width / lowest)) : height;
  const w = aspect > highest ? Math.min(width, roundHalfEven(height * highest)) : width;
  return { top: Math.floor((height - h) / 2), left: Math.floor((width - w) / 2), height: h, width: w };
}
