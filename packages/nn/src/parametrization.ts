/**
 * @module Weights computed from other parameters. Any layer's weight can be one: it is used as a tensor.
 */
import {
  div,
  matmul,
  maximum,
  mul,
  NDArray,
  norm,
  reshape,
  stopGradient,
  sum,
  type Tensor,
  TensorError,
  type TensorSource,
  transpose,
  Variable,
} from '@sextant/engine';
import * as init from './init.js';
import { Module, Parameter } from './module.js';

/** A layer whose weight may be computed. */
export interface Weighted {
  weight: TensorSource;
}

/**
 * Weight normalisation (Salimans and Kingma, 2016): w = g v / ‖v‖, the norm over all axes but one. Length and
 * direction are learned apart.
 */
export class WeightNorm extends Module implements TensorSource {
  /** Lengths, of size 1 along all axes but one. */
  readonly g: Parameter;
  /** Directions, in the weight's shape. */
  readonly v: Parameter;
  readonly #axes: readonly number[];
  /** Computed once per program, however often the layer is applied: v's gradients then meet before the norm. */
  readonly #computed = new WeakMap<Tensor, { g: Tensor; weight: Tensor }>();

  /** @param weight - the initial value of w. */
  constructor(weight: NDArray, axis = 0) {
    super();
    this.#axes = weight.shape.flatMap((_, i) => (i === axis ? [] : [i]));
    this.v = new Parameter(weight);
    this.g = new Parameter(norms(weight, axis));
  }

  toTensor(): Tensor {
    const [g, v] = [this.g.toTensor(), this.v.toTensor()];
    const known = this.#computed.get(v);
    if (known?.g === g) return known.weight;
    const weight = mul(v, div(g, norm(v, { axes: this.#axes, keepDims: true })));
    this.#computed.set(v, { g, weight });
    return weight;
  }
}

/** Norms over all axes but one, which are kept with size 1. */
function norms({ data, shape }: NDArray, axis: number): NDArray {
  const inner = shape.slice(axis + 1).reduce((n, d) => n * d, 1);
  const squares = new Float64Array(shape[axis]!);
  for (let start = 0, row = 0; start < data.length; start += inner, row = (row + 1) % squares.length) {
    let sum = 0;
    for (let i = start; i < start + inner; i++) sum += Number(data[i]) ** 2;
    squares[row]! += sum;
  }
  return new NDArray(
    Float32Array.from(squares, Math.sqrt),
    shape.map((d, i) => (i === axis ? d : 1)),
    'float32',
  );
}

/**
 * Gives a layer a normalised weight of the present value; its parameters are then `weight.g` and
 * `weight.v`. PyTorch's `weight_norm`.
 *
 * @param axis - the axis that has a length for each index: 0, also for transposed convolutions, whose
 *   lengths are then per input channel.
 */
export function weightNorm<L extends Weighted>(layer: L, axis = 0): L {
  layer.weight = new WeightNorm(presentValue('weightNorm', layer), axis);
  return layer;
}

export interface SpectralNormOptions extends init.RandomOptions {
  /** The axis that makes the rows of the matrix: 0, or 1 for transposed convolutions. */
  readonly axis?: number;
  /** Power iterations at each use in training (1). */
  readonly iterations?: number;
  /** Smallest divisor when vectors are normalised (1e-12). */
  readonly eps?: number;
}

/**
 * Spectral normalisation (Miyato et al., 2018): w = original / σ, with σ the largest singular value of the
 * weight as a matrix, estimated by power iteration. PyTorch's `spectral_norm`:
 * v ← Wᵀu / ‖Wᵀu‖, u ← W v / ‖W v‖ at each use in training, then σ = uᵀ W v with u and v as constants.
 */
export class SpectralNorm extends Module implements TensorSource {
  readonly original: Parameter;
  /** Left singular vector [rows]. */
  readonly u: Variable;
  /** Right singular vector [columns]. */
  readonly v: Variable;
  readonly #axis: number;
  readonly #iterations: number;
  readonly #eps: number;

  /** @param weight - the initial value of the original weight. */
  constructor(
    weight: NDArray,
    { axis = 0, iterations = 1, eps = 1e-12, ...random }: SpectralNormOptions = {},
  ) {
    super();
    this.#axis = axis;
    this.#iterations = iterations;
    this.#eps = eps;
    const rows = weight.shape[axis]!;
    this.original = new Parameter(weight);
    this.u = new Variable(unit(init.normal([rows], random)));
    this.v = new Variable(unit(init.normal([weight.size / rows], random)));
  }

  toTensor(): Tensor {
    const weight = this.original.toTensor();
    const order = [this.#axis, ...weight.shape.flatMap((_, i) => (i === this.#axis ? [] : [i]))];
    const matrix = reshape(transpose(weight, order), [weight.shape[this.#axis]!, -1]);
    let [u, v] = [this.u.toTensor(), this.v.toTensor()];
    if (this.training) {
      const fixed = stopGradient(matrix);
      for (let i = 0; i < this.#iterations; i++) {
        v = this.#normalized(matmul(u, fixed));
        u = this.#normalized(matmul(fixed, v));
      }
      this.u.assign(u);
      this.v.assign(v);
    }
    return div(weight, sum(mul(u, matmul(matrix, v))));
  }

  #normalized(x: Tensor): Tensor {
    return div(x, maximum(norm(x), this.#eps));
  }
}

function unit(x: NDArray<'float32'>): NDArray {
  const length = Math.sqrt(x.data.reduce((s, e) => s + e * e, 0));
  return new NDArray(
    x.data.map((e) => e / length),
    x.shape,
    x.dtype,
  );
}

/** Divides a layer's weight by its spectral norm; its state is then `weight.original`, `weight.u`, `weight.v`. */
export function spectralNorm<L extends Weighted>(layer: L, options: SpectralNormOptions = {}): L {
  layer.weight = new SpectralNorm(presentValue('spectralNorm', layer), options);
  return layer;
}

function presentValue(op: string, { weight }: Weighted): NDArray {
  if (weight instanceof Parameter) return weight.value;
  throw new TensorError(op, "the layer's weight is computed already");
}
