/**
 * @module Functions that ONNX lacks, composed of others, with gradients of their own where those are simpler or
 * more exact than the composition's.
 */
import { array } from '../ndarray.js';
import { asTensor, asTensors, constant, type Tensor, type TensorLike } from '../tensor.js';
import { customVjp } from './custom-vjp.js';
import { add, div, equal, greater, less, mul, sub, where } from './elementwise.js';
import { abs, atan, exp, log, neg, reciprocal, sqrt, square } from './functions.js';
import { sum, sumTo } from './reduce.js';
import { expandDims } from './shape.js';

/** c[0] + c[1] x + c[2] x² + … */
const polynomial = (x: Tensor, coefficients: readonly number[]): Tensor =>
  coefficients
    .slice(0, -1)
    .reduceRight<TensorLike>((value, c) => add(mul(value, x), c), coefficients.at(-1)!) as Tensor;

/** Lanczos' coefficients for g = 7 (Godfrey). */
const LANCZOS = [
  ...[676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406],
  ...[12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7],
];

/**
 * log Γ(x) for x > 0, to about 1e-6 in float32 (relative, or absolute where it is near 0): Lanczos'
 * √2π t^(x + ½) e^-t (c₀ + Σ cᵢ / (x + i)) / x with t = x + 7½. NaN for x < 0.
 */
export const lgamma = (x: TensorLike): Tensor =>
  customVjp(lanczos, [asTensor(x)], (g, [t]) => [mul(g, digamma(t))]);

function lanczos(x: Tensor): Tensor {
  const shifted = add(x, 7.5);
  const terms = div(LANCZOS, from(add(x, 1), LANCZOS.length));
  const series = add(sum(terms, { axes: -1 }), 0.9999999999998099);
  const power = sub(mul(add(x, 0.5), log(shifted)), shifted);
  return add(add(power, Math.log(2 * Math.PI) / 2), sub(log(series), log(x)));
}

/**
 * ψ(x), the derivative of log Γ, for x > 0: the asymptotic series at y = x + 8, log y - 1 / 2y - 1 / 12y² + …,
 * and back by ψ(x) = ψ(x + 1) - 1 / x. Its gradient is the trigamma function.
 */
export function digamma(x: TensorLike): Tensor {
  const t = asTensor(x);
  const y = add(t, STEPS);
  const u = reciprocal(square(y));
  const series = polynomial(u, [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132]);
  const far = sub(sub(log(y), div(0.5, y)), mul(u, series));
  return sub(far, sum(reciprocal(from(t, STEPS)), { axes: -1 }));
}
const STEPS = 8;

/** x, x + 1, … along a new last axis. */
const from = (x: Tensor, count: number): Tensor =>
  add(
    expandDims(x, x.rank),
    Array.from({ length: count }, (_, i) => i),
  );

/** Giles' polynomials for erfInv(x) / x in w = -log(1 - x²): in w - 2½ below 5, in √w - 3 above. */
const CENTRAL = [
  ...[1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087],
  ...[-4.39150654e-6, -3.5233877e-6, 3.43273939e-7, 2.81022636e-8],
];
const TAIL = [
  ...[2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773],
  ...[-0.00367342844, 0.00134934322, 0.000100950558, -0.000200214257],
];

/**
 * The inverse of erf, to 1e-6 (in float64 too): x in [-1, 1], ±∞ at the ends, NaN beyond. With u uniform in
 * (-1, 1), √2 erfInv(u) is normal.
 */
export const erfInv = (x: TensorLike): Tensor =>
  customVjp(giles, [asTensor(x)], (g, _, y) => [mul(g, mul(exp(square(y)), Math.sqrt(Math.PI) / 2))]);

function giles(x: Tensor): Tensor {
  const w = neg(log(mul(sub(1, x), add(1, x))));
  const central = polynomial(sub(w, 2.5), CENTRAL);
  const tail = polynomial(sub(sqrt(w), 3), TAIL);
  const within = mul(x, where(less(w, 5), central, tail));
  return where(equal(abs(x), 1), mul(x, Number.POSITIVE_INFINITY), within);
}

/**
 * The angle of the point (x, y), in (-π, π]; operands broadcast. At the origin it is 0, and so are its gradients.
 */
export const atan2 = (y: TensorLike, x: TensorLike): Tensor =>
  customVjp(angle, asTensors(y, x) as [Tensor, Tensor], (g, [b, a]) => {
    const squares = add(square(a), square(b));
    const radius = where(equal(squares, 0), 1, squares);
    return [sumTo(mul(g, div(a, radius)), b.shape), sumTo(mul(g, div(neg(b), radius)), a.shape)];
  });

function angle(y: Tensor, x: Tensor): Tensor {
  const side = where(less(y, 0), constant(array(-1, { dtype: y.dtype })), 1);
  // The quotient of the smaller by the larger: within ±1.
  const steep = greater(abs(y), abs(x));
  const quotient = div(where(steep, neg(x), y), where(steep, y, where(equal(x, 0), 1, x)));
  const offset = where(steep, mul(side, Math.PI / 2), where(less(x, 0), mul(side, Math.PI), 0));
  return add(atan(quotient), offset);
}
