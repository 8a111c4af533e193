/**
 * @module ONNX Runtime's blocked layout on CPUs: channels in blocks of 16 (AVX-512) or 8 (AVX2).
 *
 * A blocked value of shape [N, C, H, W] lies in memory as [N, C/b, H, W, b]; its convolutions (operators of
 * the domain com.microsoft.nchwc) reach twice the speed of plain ones. Values stay blocked from one
 * operation that can use them so to the next; conversions are written only where one cannot. [N, C, T]
 * counts as height 1.
 */
import { type Dim, mulDims, type Shape, sameShape } from '../dim.js';
import type { Node, Tensor } from '../tensor.js';
import { type Attributes, attributeProto } from './graph.js';
import type { Lowering } from './lowering.js';
import type { NodeProto } from './onnx_pb.js';

const DOMAIN = { domain: 'com.microsoft.nchwc' };

/** Geometry of a convolution, one entry per spatial axis. */
interface ConvGeometry {
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

/** A written convolution that later operations may be merged into. */
interface WrittenConv {
  readonly node: NodeProto;
  /** What the node computes by now. */
  tensor: Tensor;
  activated: boolean;
}

/** The blocked values of one graph. */
export class BlockedLayout {
  private readonly names = new Map<Tensor, string>();
  private readonly convolutions = new Map<string, WrittenConv>();
  /** Weights by their plain name and use: many are read more than once. */
  private readonly kernels = new Map<string, string>();
  /** When a blocked value was written: what is merged into a convolution must exist before it. */
  private readonly written = new Map<string, number>();

  constructor(
    readonly lowering: Lowering,
    /** Channels per block. */
    readonly block: number,
  ) {}

  /** Whether a tensor can be blocked: [N, C, T] or [N, C, H, W] of whole blocks. */
  fits({ dtype, shape }: Tensor): boolean {
    const channels = shape[1];
    return (
      (dtype === 'float32' || dtype === 'bool') &&
      (shape.length === 3 || shape.length === 4) &&
      typeof channels === 'number' &&
      channels > 0 &&
      channels % this.block === 0
    );
  }

  /** Whether a tensor's value exists in blocked form. */
  has(t: Tensor): boolean {
    return this.names.has(this.lowering.canonicalTensor(t));
  }

  /** The blocked value's name; converts a plain one. */
  value(t: Tensor): string {
    const tensor = this.lowering.canonicalTensor(t);
    const known = this.names.get(tensor);
    if (known) return known;
    const { lowering } = this;
    const plain = lowering.reshape(
      asFloat(lowering, lowering.value(tensor), tensor),
      imageShape(tensor.shape),
    );
    const blocked = this.toBlocks(plain);
    const name = tensor.dtype === 'bool' ? lowering.cast(blocked, 'bool') : blocked;
    this.define(tensor, name);
    return name;
  }

  /** The plain value of a blocked tensor. */
  plain(tensor: Tensor): string {
    const { lowering } = this;
    const blocked = asFloat(lowering, this.names.get(tensor)!, tensor);
    const plain = lowering.node('ReorderOutput', [blocked], { channels: tensor.shape[1] as number }, DOMAIN);
    const name = tensor.dtype === 'bool' ? lowering.cast(plain, 'bool') : plain;
    return tensor.rank === 4 ? name : lowering.reshape(name, tensor.shape);
  }

  define(t: Tensor, name: string): void {
    this.names.set(t, name);
    if (!this.written.has(name)) this.written.set(name, this.lowering.graph.graph.node.length);
  }

  /** A blocked value as [N, C/b, H, W, b], for operators that know nothing of blocks. */
  unfold(t: Tensor): string {
    const [n, c, h, w] = imageShape(t.shape) as [Dim, number, Dim, Dim];
    return this.lowering.reshape(this.value(t), [n, c / this.block, h, w, this.block]);
  }

  /** [N, C/b, H, W, b] seen as a blocked value of a shape. */
  fold(name: string, shape: Shape): string {
    return this.lowering.reshape(name, imageShape(shape));
  }

  /** The axis of {@link unfold}'s result that holds a plain axis (for channels: their blocks). */
  axis(axis: number, rank: number): number {
    return rank === 3 && axis === 2 ? 3 : axis;
  }

  /**
   * An elementwise operation, where one of its full-size operands is blocked. The others may be of the same
   * shape, or have one number per channel, per position, or for all; each for every example or for all.
   */
  elementwise(
    node: Pick<Node, 'inputs' | 'outputs'>,
    write: (inputs: string[]) => string,
  ): string | undefined {
    const { inputs, outputs } = node;
    const y = outputs[0]!;
    const full = (t: Tensor) => sameShape(t.shape, y.shape);
    const scalar = (t: Tensor) => t.rank <= 4 && t.shape.every((d) => d === 1);
    if (!this.fits(y) || !inputs.some((t) => full(t) && this.has(t))) return undefined;
    if (inputs.every((t) => full(t) || scalar(t))) {
      return write(inputs.map((t) => (full(t) ? this.value(t) : this.lowering.value(t))));
    }
    const shapes = inputs.map((t) => (full(t) ? [] : this.spread(t, y.rank)));
    if (shapes.includes(undefined)) return undefined;
    const operands = inputs.map((t, i) =>
      full(t) ? this.unfold(t) : this.lowering.reshape(this.lowering.value(t), shapes[i]!),
    );
    return this.fold(write(operands), y.shape);
  }

  /** How a smaller operand lies over [N, C/b, H, W, b], if its elements keep their order there. */
  private spread({ shape }: Tensor, rank: number): Shape | undefined {
    const ones = Array.from({ length: rank - shape.length }, () => 1);
    const [n, c, h, w] = imageShape([...ones, ...shape]) as [Dim, number, Dim, Dim];
    if (c === 1) return [n, 1, h, w, 1];
    return h === 1 && w === 1 ? [n, c / this.block, 1, 1, this.block] : undefined;
  }

  /**
   * A convolution from and to whole blocks of channels in each group.
   *
   * @param adjoint - its weight is given as [C, O/groups, ...k], that of the convolution whose adjoint it is, of which it
   *   uses these taps along each axis, in this order.
   */
  conv(
    node: Pick<Node, 'inputs' | 'outputs'>,
    { stride, padding, dilation, groups }: ConvGeometry,
    adjoint?: readonly (readonly number[])[],
  ): string | undefined {
    const [x, w, bias] = node.inputs as [Tensor, Tensor, Tensor?];
    const y = node.outputs[0]!;
    const whole = (t: Tensor) => this.fits(t) && (t.shape[1] as number) % (groups * this.block) === 0;
    const depthwise = this.fits(x) && x.shape[1] === groups && y.shape[1] === groups;
    if ((!depthwise && !(whole(x) && whole(y))) || x.dtype !== 'float32') return undefined;
    const image = x.rank === 4;
    const size = adjoint?.map((taps) => taps.length) ?? (w.shape.slice(2) as number[]);
    const inputs = [
      this.value(x),
      depthwise ? this.depthwiseKernel(w, adjoint) : this.kernel(w, groups, adjoint),
      ...(bias ? [this.lowering.value(bias)] : []),
    ];
    return this.writeConv(
      inputs,
      {
        group: groups,
        kernel_shape: (image ? [] : [1]).concat(size),
        strides: image ? stride : [1, ...stride],
        dilations: image ? dilation : [1, ...dilation],
        pads: [
          ...(image ? [] : [0]),
          ...padding.map(([b]) => b),
          ...(image ? [] : [0]),
          ...padding.map(([, a]) => a),
        ],
      },
      y,
    );
  }

  /**
   * x · scale + shift, one number of each per channel, as a depthwise convolution of one tap: half the time of a product that broadcasts,
   * and what follows merges into it.
   */
  channelAffine({ inputs, outputs }: Pick<Node, 'inputs' | 'outputs'>): string | undefined {
    const [x, scale, shift] = inputs as [Tensor, Tensor, Tensor?];
    if (!this.has(x) || x.dtype !== 'float32') return undefined;
    const { lowering } = this;
    const channels = x.shape[1]!;
    const kernel = lowering.reshape(lowering.value(scale), [channels, 1, 1, 1]);
    return this.writeConv(
      [this.value(x), kernel, ...(shift ? [lowering.value(shift)] : [])],
      { group: channels as number, kernel_shape: [1, 1] },
      outputs[0]!,
    );
  }

  /** A convolution that later operations may be merged into. */
  private writeConv(inputs: readonly string[], attributes: Attributes, y: Tensor): string {
    const name = this.lowering.node('Conv', inputs, attributes, DOMAIN);
    this.convolutions.set(name, {
      node: this.lowering.graph.graph.node.at(-1)!,
      tensor: y,
      activated: false,
    });
    return name;
  }

  /** A convolution of blocked values as they lie in memory; its result, of `channels`, plainly. */
  rawConv(x: string, w: string, attributes: Attributes, channels: number): string {
    const y = this.lowering.node('Conv', [x, w], attributes, DOMAIN);
    return this.lowering.node('ReorderOutput', [y], { channels }, DOMAIN);
  }

  /** Memory [N, C/b, H·W, b] as [N, C, H, W], seen in a shape. */
  toPlain(x: string, image: Shape, shape: Shape): string {
    const blocked = this.lowering.reshape(x, image);
    const plain = this.lowering.node('ReorderOutput', [blocked], { channels: image[1] as number }, DOMAIN);
    return this.lowering.reshape(plain, shape);
  }

  /** A blocked value under another tensor, for which a convolution may still be merged with what reads it. */
  alias(from: Tensor, to: Tensor): string {
    const conv = this.mergeable(from);
    if (conv) conv.tensor = to;
    return this.value(from);
  }

  /** The convolution that computes `t`, if only one operation reads `t` and no activation was merged yet. */
  private mergeable(t: Tensor): WrittenConv | undefined {
    const tensor = this.lowering.canonicalTensor(t);
    const conv = this.convolutions.get(this.names.get(tensor) ?? '');
    return conv?.tensor === tensor && !conv.activated && this.lowering.uses(tensor) === 1 ? conv : undefined;
  }

  /**
   * Lets a convolution apply an activation to its own result, if nobody else reads that result.
   *
   * @param parameters - the activation's, in ONNX Runtime's order.
   */
  activate(
    { inputs, outputs }: Pick<Node, 'inputs' | 'outputs'>,
    activation: string,
    parameters: readonly number[] = [],
  ): string | undefined {
    const conv = this.mergeable(inputs[0]!);
    if (!conv) return undefined;
    conv.activated = true;
    conv.tensor = outputs[0]!;
    conv.node.attribute.push(attributeProto('activation', activation));
    if (parameters.length > 0)
      conv.node.attribute.push(attributeProto('activation_params', { fs: parameters }));
    return conv.node.output[0];
  }

  /** Lets a convolution add another blocked value to its result, if nobody else reads that result. */
  addTo({ inputs, outputs }: Pick<Node, 'inputs' | 'outputs'>): string | undefined {
    const [a, b] = inputs as [Tensor, Tensor];
    if (!sameShape(a.shape, b.shape) || !this.has(a) || !this.has(b)) return undefined;
    for (const [result, other] of [
      [b, a],
      [a, b],
    ] as const) {
      const [conv, addend] = [this.mergeable(result), this.value(other)];
      if (!conv || conv.node.input.length > 3) continue;
      const name = conv.node.output[0]!;
      if (this.written.get(addend)! >= this.written.get(name)!) continue;
      if (conv.node.input.length === 2) conv.node.input.push('');
      conv.node.input.push(addend);
      conv.tensor = outputs[0]!;
      return name;
    }
    return undefined;
  }

  /**
   * A convolution's weight [O, C/groups, ...k] as [O/b, C/groups/b, ...k, b in, b out]. An adjoint convolution's
   * is given as [C, O/groups, ...k], with its taps.
   */
  private kernel(w: Tensor, groups: number, adjoint?: readonly (readonly number[])[]): string {
    const { block, lowering } = this;
    const [rows, columns, ...size] = w.shape as [number, number, ...number[]];
    const taps = product(size);
    const image = (s: readonly number[]) => (s.length === 1 ? [1, ...s] : s);
    return this.prepared(
      `${lowering.value(w)} ${adjoint ? `${groups} ${JSON.stringify(adjoint)}` : ''}`,
      () => {
        const plain = lowering.value(w);
        if (adjoint) {
          const [inputs, outputs] = [rows / groups / block, columns / block];
          const large = this.prepared(`${plain} ${groups} adjoint`, () => {
            const blocks = this.toBlocks(lowering.reshape(plain, [rows, columns, 1, taps]));
            const swapped = this.swapRows(blocks, groups * inputs, block, outputs * taps);
            return lowering.reshape(swapped, [groups, inputs, outputs, taps, block * block]);
          });
          const order = lowering.node('Transpose', [this.pick(large, 3, size, adjoint)], {
            perm: [0, 2, 1, 3, 4],
          });
          return lowering.reshape(order, [
            groups * columns,
            rows / groups,
            ...image(adjoint.map((t) => t.length)),
          ]);
        }
        const blocks = this.toBlocks(lowering.reshape(plain, [rows / block, block, 1, columns * taps]));
        const order = taps === 1 ? blocks : this.swapRows(blocks, (rows * columns) / block ** 2, block, taps);
        return lowering.reshape(order, [rows, columns, ...image(size)]);
      },
    );
  }

  /** A depthwise convolution's weight [C, 1, ...k] as [C/b, 1, ...k, b]. */
  private depthwiseKernel(w: Tensor, adjoint?: readonly (readonly number[])[]): string {
    const { lowering } = this;
    const [channels, , ...size] = w.shape as [number, number, ...number[]];
    const plain = lowering.value(w);
    return this.prepared(`${plain} depthwise ${JSON.stringify(adjoint)}`, () => {
      const rows = lowering.reshape(plain, [channels, product(size)]);
      const taken = adjoint ? this.pick(rows, 1, size, adjoint) : rows;
      const kept = adjoint?.map((taps) => taps.length) ?? size;
      const blocks = this.toBlocks(lowering.reshape(taken, [1, channels, 1, product(kept)]));
      return lowering.reshape(blocks, [channels, 1, ...(kept.length === 1 ? [1] : []), ...kept]);
    });
  }

  /** Taps of a kernel whose positions are one axis. Gather: a Slice with a negative step takes five times as long. */
  private pick(
    x: string,
    axis: number,
    size: readonly number[],
    taps: readonly (readonly number[])[],
  ): string {
    const places = taps.reduce<number[]>(
      (list, along, i) => list.flatMap((at) => along.map((t) => at * size[i]! + t)),
      [0],
    );
    const all = places.length === product(size) && places.every((at, i) => at === i);
    return all ? x : this.lowering.node('Gather', [x, this.lowering.ints(places)], { axis });
  }

  private prepared(key: string, make: () => string): string {
    const known = this.kernels.get(key);
    if (known) return known;
    const made = make();
    this.kernels.set(key, made);
    return made;
  }

  /** [N, C, H, W] as [N, C/b, H, W, b]. */
  toBlocks(image: string): string {
    return this.lowering.node('ReorderInput', [image], {}, DOMAIN);
  }

  /**
   * [n, k, m, b] in memory as [n, m, k, b]. This use of ONNX Runtime's reordering is two to six times faster
   * than its Transpose, which is not threaded.
   */
  swapRows(x: string, n: Dim, k: Dim, m: Dim): string {
    const rows = this.lowering.reshape(x, [n, 1, k, mulDims(m, this.block)]);
    return this.lowering.node('ReorderInput', [rows], { channels_last: 1 }, DOMAIN);
  }
}

/** [N, C, T] as an image of height 1. */
const imageShape = (shape: Shape): Shape =>
  shape.length === 3 ? [shape[0]!, shape[1]!, 1, shape[2]!] : shape;

/** Reordering works on floats only. */
const asFloat = (lowering: Lowering, name: string, t: Tensor): string =>
  t.dtype === 'bool' ? lowering.cast(name, 'float32') : name;

const product = (numbers: readonly number[]): number => numbers.reduce((a, b) => a * b, 1);
