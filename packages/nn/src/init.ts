/**
 * @module Initial values of parameters: formulas and defaults of PyTorch's `nn.init`.
 *
 * @example
 * new Linear(784, 128, { weightInit: init.xavierUniform, biasInit: init.zeros });
 * new Linear(784, 128, { weightInit: (shape, random) => init.normal(shape, { std: 0.02, ...random }) });
 */
import { array, type Generator, NDArray, sizeOf, TensorError } from '@sextant/engine';
import { defaultGenerator } from './random.js';

export interface RandomOptions {
  /** Where random numbers come from; the package's default generator if absent (see `manualSeed`). */
  readonly generator?: Generator | undefined;
}

type Shape = readonly number[];
type Values = NDArray<'float32'>;

/** Gives a parameter's initial value; the functions below are such. */
export type Initializer = (shape: Shape, random: RandomOptions) => NDArray;

/** How a layer of one weight and perhaps a bias begins. */
export interface WeightOptions extends RandomOptions {
  /** Whether to add a learned number to each output (default true). */
  readonly bias?: boolean;
  /** Initial weights; {@link layerUniform}, as in PyTorch, if absent. */
  readonly weightInit?: Initializer | undefined;
  /** Initial biases; {@link layerUniform}, as in PyTorch, if absent. */
  readonly biasInit?: Initializer | undefined;
}

function filled(shape: Shape, next: () => number): Values {
  return new NDArray(Float32Array.from({ length: sizeOf(shape) }, next), shape, 'float32');
}

export const zeros = (shape: Shape): Values => filled(shape, () => 0);
export const ones = (shape: Shape): Values => filled(shape, () => 1);

/** Uniform in [low, high), by default [0, 1). */
export function uniform(
  shape: Shape,
  { low = 0, high = 1, generator = defaultGenerator() }: RandomOptions & { low?: number; high?: number } = {},
): Values {
  return generator.uniformArray(shape, low, high);
}

interface NormalOptions extends RandomOptions {
  readonly mean?: number;
  readonly std?: number;
}

/** Normal, by default of mean 0 and standard deviation 1. */
export function normal(
  shape: Shape,
  { mean = 0, std = 1, generator = defaultGenerator() }: NormalOptions = {},
): Values {
  return generator.normalArray(shape, mean, std);
}

/** Normal, redrawn until within [low, high] (by default [-2, 2], not in units of `std`). */
export function truncatedNormal(
  shape: Shape,
  {
    mean = 0,
    std = 1,
    low = -2,
    high = 2,
    generator = defaultGenerator(),
  }: NormalOptions & { low?: number; high?: number } = {},
): Values {
  if (!(low < mean + 4 * std && high > mean - 4 * std && low < high)) {
    throw new TensorError('truncatedNormal', `[${low}, ${high}] is far from N(${mean}, ${std}²)`);
  }
  return filled(shape, () => {
    for (;;) {
      const x = generator.normal(mean, std);
      if (x >= low && x <= high) return x;
    }
  });
}

// ---------------------------------------------------------------------------------------------------------
// Scaled to the size of the layer

/**
 * Numbers of inputs and outputs of a unit, of a weight [out, in, ...kernel]: each times the kernel's size.
 *
 * @throws TensorError for fewer than two axes.
 */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  const [out, input, ...kernel] = shape;
  if (out === undefined || input === undefined) {
    throw new TensorError('fans', `[${shape.join(', ')}] needs two axes at least`);
  }
  const field = sizeOf(kernel);
  return { fanIn: input * field, fanOut: out * field };
}

export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/** Factor by which weights before an activation are enlarged to keep its variance; `slope` of leakyRelu. */
export function gainOf(nonlinearity: Nonlinearity, slope = 0.01): number {
  const gains = { linear: 1, sigmoid: 1, tanh: 5 / 3, relu: Math.SQRT2, selu: 3 / 4 };
  return nonlinearity === 'leakyRelu' ? Math.sqrt(2 / (1 + slope * slope)) : gains[nonlinearity];
}

interface XavierOptions extends RandomOptions {
  readonly gain?: number;
}

const xavierStd = (shape: Shape, gain = 1): number => {
  const { fanIn, fanOut } = fans(shape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
};

/** U(±√3 s) with s = gain √(2 / (fanIn + fanOut)) (Glorot and Bengio, 2010). */
export const xavierUniform = (shape: Shape, { gain, ...random }: XavierOptions = {}): Values =>
  symmetricUniform(shape, Math.sqrt(3) * xavierStd(shape, gain), random);

/** N(0, s²) with s = gain √(2 / (fanIn + fanOut)). */
export const xavierNormal = (shape: Shape, { gain, ...random }: XavierOptions = {}): Values =>
  normal(shape, { std: xavierStd(shape, gain), ...random });

export interface KaimingOptions extends RandomOptions {
  readonly mode?: 'fanIn' | 'fanOut';
  readonly nonlinearity?: Nonlinearity;
  /** Slope of leakyRelu (0). */
  readonly slope?: number;
}

function kaimingStd(shape: Shape, { mode = 'fanIn', nonlinearity = 'leakyRelu', slope = 0 }: KaimingOptions) {
  return gainOf(nonlinearity, slope) / Math.sqrt(fans(shape)[mode]);
}

/** U(±√3 s) with s = gain / √fan (He et al., 2015). */
export const kaimingUniform = (shape: Shape, options: KaimingOptions = {}): Values =>
  symmetricUniform(shape, Math.sqrt(3) * kaimingStd(shape, options), options);

/** N(0, s²) with s = gain / √fan. */
export const kaimingNormal = (shape: Shape, options: KaimingOptions = {}): Values =>
  normal(shape, { std: kaimingStd(shape, options), generator: options.generator });

/** U(±1/√fanIn): PyTorch's default for the weights (kaimingUniform of slope √5) and biases of its layers. */
export const layerUniform = (shape: Shape, fanIn: number, random: RandomOptions = {}): Values =>
  symmetricUniform(shape, fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0, random);

/** {@link layerUniform} of a layer's weight and bias, unless its options say otherwise. */
export function layerInitializers(
  fanIn: number,
  { weightInit, biasInit, generator }: WeightOptions,
): { weight(shape: Shape): NDArray; bias(shape: Shape): NDArray } {
  const standard: Initializer = (shape, random) => layerUniform(shape, fanIn, random);
  return {
    weight: (shape) => (weightInit ?? standard)(shape, { generator }),
    bias: (shape) => (biasInit ?? standard)(shape, { generator }),
  };
}

const symmetricUniform = (shape: Shape, bound: number, { generator }: RandomOptions): Values =>
  uniform(shape, { low: -bound, high: bound, generator });

/**
 * Orthonormal rows, or columns where there are fewer of them, times `gain`; axes after the first count as one.
 * From a normal matrix, so that all rotations are equally likely (Saxe et al., 2014).
 *
 * @throws TensorError for fewer than two axes.
 */
export function orthogonal(shape: Shape, { gain = 1, ...random }: XavierOptions = {}): Values {
  if (shape.length < 2) throw new TensorError('orthogonal', `[${shape.join(', ')}] needs two axes at least`);
  const rows = shape[0]!;
  const columns = sizeOf(shape.slice(1));
  const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
  const drawn = normal([count, length], random).data;
  const basis: Float64Array[] = [];
  for (let i = 0; i < count; i++) {
    const v = Float64Array.from(drawn.subarray(i * length, (i + 1) * length));
    // Gram-Schmidt; the second pass removes what rounding left of the first.
    for (let pass = 0; pass < 2; pass++) {
      for (const b of basis) {
        const along = v.reduce((s, e, j) => s + e * b[j]!, 0);
        for (let j = 0; j < length; j++) v[j]! -= along * b[j]!;
      }
    }
    const size = Math.sqrt(v.reduce((s, e) => s + e * e, 0));
    basis.push(v.map((e) => e / size));
  }
  const at = (row: number, column: number) => (rows <= columns ? basis[row]![column]! : basis[column]![row]!);
  const values = Float32Array.from({ length: rows * columns }, (_, k) => {
    return gain * at(Math.floor(k / columns), k % columns);
  });
  return array(values, { shape });
}
