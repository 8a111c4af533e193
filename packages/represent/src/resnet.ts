/**
 * @module Residual networks (He et al., 2016) with torchvision's layers and names, and the stems of small pictures
 * (section 2.1 of the specification).
 */
import { add, globalAvgPool, maxPool2d, relu, type Tensor, type TensorLike } from '@sextant/engine';
import { BatchNorm2d, Conv2d, init, Module, Sequential } from '@sextant/nn';

/**
 * What stands before the stages: `cifar`: a 3 × 3 convolution; `small`: the same and a max-pool, for pictures of 64 × 64;
 * `imagenet`: a 7 × 7 convolution of stride 2 and a max-pool.
 */
export type Stem = 'cifar' | 'small' | 'imagenet';

export interface ResNetConfig {
  readonly stem: Stem;
  /** `basic`: two 3 × 3 convolutions (ResNet-18, -34); `bottleneck`: 1 × 1, 3 × 3, 1 × 1 (ResNet-50 and deeper). */
  readonly block: 'basic' | 'bottleneck';
  /** Blocks of each stage. */
  readonly layers: readonly number[];
  /** Width of each stage; a bottleneck's outputs are four times as wide. */
  readonly planes: readonly number[];
}

const PLANES = [64, 128, 256, 512];

/** ResNet-18, with all widths multiplied by `width`. */
export const resnet18 = (stem: Stem, width = 1): ResNetConfig => ({
  stem,
  block: 'basic',
  layers: [2, 2, 2, 2],
  planes: PLANES.map((p) => Math.max(1, Math.round(p * width))),
});

/** ResNet-50, with all widths multiplied by `width`. */
export const resnet50 = (stem: Stem, width = 1): ResNetConfig => ({
  ...resnet18(stem, width),
  block: 'bottleneck',
  layers: [3, 4, 6, 3],
});

/** How many times wider than its planes a block's output is. */
const EXPANSION = { basic: 1, bottleneck: 4 } as const;

/** Numbers that the network gives for a picture. */
export const outFeatures = ({ block, planes }: ResNetConfig): number => planes.at(-1)! * EXPANSION[block];

/** Normal with variance 2 / fan-out, torchvision's start of convolutions. */
const heNormal: init.Initializer = (shape, random) => {
  const [out, , height, width] = shape as [number, number, number, number];
  return init.normal(shape, { std: Math.sqrt(2 / (out * height * width)), ...random });
};

const conv = (from: number, to: number, size: number, stride = 1): Conv2d =>
  new Conv2d(from, to, size, { stride, padding: size >> 1, bias: false, weightInit: heNormal });

/** The way around a block: nothing, or a 1 × 1 convolution where shape changes. */
const shortcut = (from: number, to: number, stride: number): Sequential | undefined =>
  stride === 1 && from === to ? undefined : new Sequential(conv(from, to, 1, stride), new BatchNorm2d(to));

class BasicBlock extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: Sequential | undefined;

  constructor(from: number, planes: number, stride: number) {
    super();
    this.conv1 = conv(from, planes, 3, stride);
    this.bn1 = new BatchNorm2d(planes);
    this.conv2 = conv(planes, planes, 3);
    this.bn2 = new BatchNorm2d(planes);
    this.downsample = shortcut(from, planes, stride);
  }

  forward(x: TensorLike): Tensor {
    const y = this.bn2.forward(this.conv2.forward(relu(this.bn1.forward(this.conv1.forward(x)))));
    return relu(add(y, this.downsample?.forward(x) ?? x));
  }
}

class Bottleneck extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly downsample: Sequential | undefined;

  constructor(from: number, planes: number, stride: number) {
    super();
    const to = planes * EXPANSION.bottleneck;
    this.conv1 = conv(from, planes, 1);
    this.bn1 = new BatchNorm2d(planes);
    this.conv2 = conv(planes, planes, 3, stride);
    this.bn2 = new BatchNorm2d(planes);
    this.conv3 = conv(planes, to, 1);
    this.bn3 = new BatchNorm2d(to);
    this.downsample = shortcut(from, to, stride);
  }

  forward(x: TensorLike): Tensor {
    const narrow = relu(this.bn1.forward(this.conv1.forward(x)));
    const spatial = relu(this.bn2.forward(this.conv2.forward(narrow)));
    return relu(add(this.bn3.forward(this.conv3.forward(spatial)), this.downsample?.forward(x) ?? x));
  }
}

const BLOCKS = { basic: BasicBlock, bottleneck: Bottleneck } as const;

/** The encoder: pictures to vectors. */
export class ResNet extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  readonly outFeatures: number;

  constructor(readonly config: ResNetConfig) {
    super();
    const { stem, block, layers, planes } = config;
    const [first] = planes as [number];
    this.conv1 =
      stem === 'imagenet'
        ? new Conv2d(3, first, 7, { stride: 2, padding: 3, bias: false, weightInit: heNormal })
        : // The authors replace torchvision's layer after its initialisation: this one begins as PyTorch's do.
          new Conv2d(3, first, 3, { padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(first);
    let from = first;
    const stage = (i: number): Sequential => {
      const blocks = Array.from({ length: layers[i]! }, (_, j) => {
        const made = new BLOCKS[block](from, planes[i]!, i > 0 && j === 0 ? 2 : 1);
        from = planes[i]! * EXPANSION[block];
        return made;
      });
      return new Sequential(...blocks);
    };
    this.layer1 = stage(0);
    this.layer2 = stage(1);
    this.layer3 = stage(2);
    this.layer4 = stage(3);
    this.outFeatures = outFeatures(config);
  }

  /** Results of the four stages for pictures x [N, 3, H, W]. */
  stages(x: TensorLike): Tensor[] {
    let y = relu(this.bn1.forward(this.conv1.forward(x)));
    if (this.config.stem !== 'cifar') y = maxPool2d(y, 3, { stride: 2, padding: 1 });
    return [this.layer1, this.layer2, this.layer3, this.layer4].map((layer) => {
      y = layer.forward(y);
      return y;
    });
  }

  /** Pictures x [N, 3, H, W], normalised, to vectors [N, D]. */
  forward(x: TensorLike): Tensor {
    return globalAvgPool(this.stages(x).at(-1)!);
  }
}
