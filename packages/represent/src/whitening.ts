/**
 * @module Whitening by the Cholesky factor of the covariance (section 3 of the paper; 3.1 of the specification).
 */
import {
  add,
  asTensor,
  cast,
  cholesky,
  constant,
  div,
  matmul,
  mean,
  mul,
  reshape,
  sub,
  swapAxes,
  type Tensor,
  TensorError,
  type TensorLike,
  triangularSolve,
  Variable,
} from '@sextant/engine';
import { init, Module } from '@sextant/nn';

export interface WhiteningOptions {
  /** Share of the identity that is mixed into the covariance: (1 - eps) S + eps I (0). */
  readonly eps?: number;
}

/**
 * Rows of x [..., B, d] with mean 0 and covariance I: z = L⁻¹ (x - mean), where L Lᵀ is the covariance of the B rows
 * (over B - 1), mixed with eps of the identity.
 *
 * @throws TensorError when B is known and not above d: such a covariance has no inverse.
 */
export function whiten(x: TensorLike, { eps = 0 }: WhiteningOptions = {}): Tensor {
  const t = asTensor(x);
  const [rows, d] = t.shape.slice(-2) as [number, number];
  if (typeof rows === 'number' && rows <= d && eps === 0) {
    throw new TensorError(
      'whiten',
      `${rows} rows of ${d} numbers have a singular covariance: give at least ${d + 1} rows (better ${2 * d}), or eps > 0`,
    );
  }
  return precisely(t, (x) => {
    const { centred, covariance } = statistics(x);
    return solve(shrunk(covariance, eps), centred);
  });
}

/** Rows [..., B, d] without their mean, which is kept, and their covariance [..., d, d]. */
function statistics(x: Tensor) {
  const average = mean(x, { axes: [-2], keepDims: true });
  const centred = sub(x, average);
  const rows = x.shape.at(-2) as number;
  const covariance = div(matmul(swapAxes(centred, -1, -2), centred), rows - 1);
  return { average, centred, covariance };
}

const shrunk = (covariance: Tensor, eps: number): Tensor =>
  eps === 0
    ? covariance
    : add(
        mul(covariance, 1 - eps),
        mul(cast(constant(identity(covariance.shape.at(-1) as number)), covariance.dtype), eps),
      );

/** L⁻¹ of every row of x, for the factor L of a covariance. */
const solve = (covariance: Tensor, x: Tensor): Tensor =>
  swapAxes(triangularSolve(cholesky(covariance), swapAxes(x, -1, -2)), -1, -2);

/**
 * f of x in float64. Embeddings that nearly lie in a plane have covariances whose factors float32 cannot find (it gives no
 * numbers from a condition of about 1e6 on), and all this is small beside the networks.
 */
const precisely = (x: Tensor, f: (x: Tensor) => Tensor): Tensor => cast(f(cast(x, 'float64')), x.dtype);

export interface RunningWhiteningOptions extends WhiteningOptions {
  /** Weight of a new batch in the running statistics (0.01). */
  readonly momentum?: number;
}

/**
 * Whitening that keeps running statistics and uses them in inference. W-MSE itself does not: {@link whiten} is all it
 * needs.
 */
export class Whitening extends Module {
  /** [1, d, 1, 1] */
  readonly running_mean: Variable;
  /** [d, d] */
  readonly running_variance: Variable;
  private readonly eps: number;
  private readonly momentum: number;

  constructor(d: number, { eps = 0, momentum = 0.01 }: RunningWhiteningOptions = {}) {
    super();
    this.running_mean = new Variable(init.zeros([1, d, 1, 1]));
    this.running_variance = new Variable(identity(d));
    this.eps = eps;
    this.momentum = momentum;
  }

  /** x [B, d] → [B, d]. */
  forward(x: TensorLike): Tensor {
    const t = asTensor(x);
    const { running_mean, running_variance, eps, momentum } = this;
    if (!this.training) {
      const centred = sub(t, reshape(running_mean, [1, -1]));
      return solve(shrunk(asTensor(running_variance), eps), centred);
    }
    const { average, covariance } = statistics(t);
    const towards = (running: Variable, value: Tensor) =>
      running.assign(add(mul(running, 1 - momentum), mul(value, momentum)));
    towards(running_mean, reshape(average, running_mean.shape));
    towards(running_variance, covariance);
    return whiten(t, { eps });
  }
}

function identity(d: number) {
  const values = init.zeros([d, d]);
  for (let i = 0; i < d; i++) values.data[i * d + i] = 1;
  return values;
}
