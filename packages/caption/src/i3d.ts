/**
 * @module I3D: clips of pictures or of optical flow to a vector of 1024 numbers (section 2 of the specification).
 */
import {
  asTensor,
  avgPool3d,
  concat,
  type Dim,
  maxPool3d,
  mean,
  pad,
  relu,
  type Tensor,
  type TensorLike,
} from '@sextant/engine';
import { BatchNorm3d, Conv3d, type Layer, Module, Sequential } from '@sextant/nn';

type Triple = readonly [number, number, number];

/** Zeros before and after each axis by kernel and stride alone, whatever the size; the odd one stands after. */
const same = (kernel: Triple, stride: Triple): [number, number][] =>
  kernel.map((k, i) => {
    const total = Math.max(k - stride[i]!, 0);
    return [total >> 1, total - (total >> 1)];
  });

const cube = (n: number): Triple => [n, n, n];

/** Convolution, normalisation, rectifier. */
class Unit3D extends Module {
  readonly conv3d: Conv3d;
  readonly batch3d: BatchNorm3d;

  constructor(from: number, to: number, kernel = 1, stride = 1) {
    super();
    this.conv3d = new Conv3d(from, to, kernel, {
      stride,
      padding: same(cube(kernel), cube(stride)),
      bias: false,
    });
    this.batch3d = new BatchNorm3d(to);
  }

  forward(x: TensorLike): Tensor {
    return relu(this.batch3d.forward(this.conv3d.forward(x)));
  }
}

/** Largest values of blocks, with zeros around, and of the rest at the end too. */
const pool =
  (kernel: Triple, stride: Triple) =>
  (x: Tensor): Tensor => {
    const around = pad(x, same(kernel, stride));
    const rest = around.shape.slice(2).map((size: Dim, i): readonly [number, number] => {
      const [n, k, s] = [size as number, kernel[i]!, stride[i]!];
      const steps = Math.ceil(Math.max(n - k, 0) / s);
      return [0, steps * s + k - n];
    });
    // Rectified values are never less than 0.
    return maxPool3d(pad(around, rest), kernel, { stride });
  };

/** Four ways side by side. */
class Mixed extends Module {
  readonly branch_0: Unit3D;
  readonly branch_1: Sequential;
  readonly branch_2: Sequential;
  readonly branch_3: Sequential;

  constructor(from: number, [a, b, c, d, e, f]: readonly number[]) {
    super();
    this.branch_0 = new Unit3D(from, a!);
    this.branch_1 = new Sequential(new Unit3D(from, b!), new Unit3D(b!, c!, 3));
    this.branch_2 = new Sequential(new Unit3D(from, d!), new Unit3D(d!, e!, 3));
    this.branch_3 = new Sequential(pool([3, 3, 3], [1, 1, 1]), new Unit3D(from, f!));
  }

  forward(x: TensorLike): Tensor {
    const t = asTensor(x);
    const { branch_0, branch_1, branch_2, branch_3 } = this;
    return concat(
      [branch_0, branch_1, branch_2, branch_3].map((branch) => branch.forward(t)),
      1,
    );
  }
}

const MIXED = {
  mixed_3b: [192, [64, 96, 128, 16, 32, 32]],
  mixed_3c: [256, [128, 128, 192, 32, 96, 64]],
  mixed_4b: [480, [192, 96, 208, 16, 48, 64]],
  mixed_4c: [512, [160, 112, 224, 24, 64, 64]],
  mixed_4d: [512, [128, 128, 256, 24, 64, 64]],
  mixed_4e: [512, [112, 144, 288, 32, 64, 64]],
  mixed_4f: [528, [256, 160, 320, 32, 128, 128]],
  mixed_5b: [832, [256, 160, 320, 32, 128, 128]],
  mixed_5c: [832, [384, 192, 384, 48, 128, 128]],
} as const;

/** The tower in its order: layers by name, and what pools between. */
const TOWER: readonly (string | ((x: Tensor) => Tensor))[] = [
  'conv3d_1a_7x7',
  pool([1, 3, 3], [1, 2, 2]),
  'conv3d_2b_1x1',
  'conv3d_2c_3x3',
  pool([1, 3, 3], [1, 2, 2]),
  'mixed_3b',
  'mixed_3c',
  pool([3, 3, 3], [2, 2, 2]),
  'mixed_4b',
  'mixed_4c',
  'mixed_4d',
  'mixed_4e',
  'mixed_4f',
  pool([2, 2, 2], [2, 2, 2]),
  'mixed_5b',
  'mixed_5c',
];

export type I3DEndpoint = (typeof ENDPOINTS)[number];
/** Where the tower may be cut. */
export const ENDPOINTS = [
  'conv3d_1a_7x7',
  'conv3d_2b_1x1',
  'conv3d_2c_3x3',
  ...(Object.keys(MIXED) as (keyof typeof MIXED)[]),
] as const;

export class I3D extends Module {
  private readonly layers: ReadonlyMap<string, Layer>;

  /** @param channels - 3 of pictures, 2 of flow. @param endpoint - the last layer; all by default. */
  constructor(
    channels: number,
    readonly endpoint: I3DEndpoint = 'mixed_5c',
  ) {
    super();
    const make = (name: I3DEndpoint): Layer => {
      switch (name) {
        case 'conv3d_1a_7x7':
          return new Unit3D(channels, 64, 7, 2);
        case 'conv3d_2b_1x1':
          return new Unit3D(64, 64);
        case 'conv3d_2c_3x3':
          return new Unit3D(64, 192, 3);
        default:
          return new Mixed(MIXED[name][0], MIXED[name][1]);
      }
    };
    const used = ENDPOINTS.slice(0, ENDPOINTS.indexOf(endpoint) + 1);
    this.layers = new Map(used.map((name) => [name, make(name)]));
  }

  protected override fields(): Iterable<readonly [string, unknown]> {
    return this.layers;
  }

  /** What the last layer gives of clips [B, C, T, H, W], of values from -1 to 1. */
  tower(clips: TensorLike): Tensor {
    let x = asTensor(clips);
    for (const step of TOWER) {
      if (typeof step === 'function') x = step(x);
      else {
        x = this.layers.get(step)!.forward(x);
        if (step === this.endpoint) return x;
      }
    }
    return x;
  }

  /** Vectors [B, 1024] of clips of 224 × 224. */
  forward(clips: TensorLike): Tensor {
    return mean(avgPool3d(this.tower(clips), [2, 7, 7], { stride: 1 }), { axes: [2, 3, 4] });
  }
}
