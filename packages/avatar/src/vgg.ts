/**
 * @module VGG as a measure of how alike pictures are (Simonyan and Zisserman, 2015), up to the last layer that is compared, with
 * average pooling instead of maxima (section 3).
 */
import { array, avgPool2d, mul, relu, sub, type Tensor } from '@sextant/engine';
import { Conv2d, Module } from '@sextant/nn';

/** Convolutions of each size, and their channels. */
const WIDTHS = [64, 128, 256, 512, 512] as const;

/** What pictures in [-1, 1] become before they are looked at: (x - mean) · scale. */
interface Normalization {
  readonly mean: Colors;
  readonly scale: Colors;
}

type Colors = readonly [number, number, number];

const mapped = ([r, g, b]: Colors, fn: (x: number) => number): Colors => [fn(r), fn(g), fn(b)];

export interface VggKind extends Normalization {
  /** How many convolutions each size has. */
  readonly convolutions: readonly number[];
  /** Which layers are compared: places in torchvision's `features`, all of them rectifiers. */
  readonly compared: readonly number[];
}

const MEAN = [0.485, 0.456, 0.406] as const;
const DEVIATION = [0.229, 0.224, 0.225] as const;

/** 19 layers, trained on ImageNet. */
export const VGG19: VggKind = {
  convolutions: [2, 2, 4, 4, 4],
  compared: [1, 6, 11, 20, 29],
  mean: mapped(MEAN, (m) => 2 * m - 1),
  scale: mapped(DEVIATION, (s) => 1 / (2 * s)),
};

/** 16 layers, trained on faces. Its means are those of blue, green and red, but pictures are red, green and blue. */
export const VGG_FACE: VggKind = {
  convolutions: [2, 2, 3, 3, 3],
  compared: [1, 6, 11, 18, 25],
  mean: mapped([103.939, 116.779, 123.68], (c) => c / 127.5 - 1),
  scale: [127.5, 127.5, 127.5],
};

export class Vgg extends Module {
  /** By the places in torchvision's `features`, where rectifiers and pooling count. */
  readonly features: Readonly<Record<number, Conv2d>>;

  /** @param divisor - what all widths are divided by, for tests (1). */
  constructor(
    readonly kind: VggKind,
    divisor = 1,
  ) {
    super();
    const last = kind.compared.at(-1)!;
    const found: Record<number, Conv2d> = {};
    let [place, from] = [0, 3];
    for (const [level, count] of kind.convolutions.entries()) {
      for (let i = 0; i < count && place < last; i++, place += 2) {
        const to = WIDTHS[level]! / divisor;
        found[place] = new Conv2d(from, to, 3, { padding: 1 });
        from = to;
      }
      place++;
    }
    this.features = found;
  }

  /** Pictures [N, 3, H, W] in [-1, 1] to the feature maps of the layers that are compared. */
  forward(images: Tensor): Tensor[] {
    const { compared } = this.kind;
    const found: Tensor[] = [];
    let x = normalized(images, this.kind);
    for (let place = 0; place <= compared.at(-1)!; ) {
      const layer = this.features[place];
      x = layer ? relu(layer.forward(x)) : avgPool2d(x, 2);
      place += layer ? 2 : 1;
      if (layer && compared.includes(place - 1)) found.push(x);
    }
    return found;
  }
}

function normalized(images: Tensor, { mean, scale }: Normalization): Tensor {
  const perColor = (values: Colors) => array(values.map((v) => [[v]]));
  return mul(sub(images, perColor(mean)), perColor(scale));
}
