/**
 * @module Optimisers: rules that turn gradients into assignments of parameters.
 *
 * Sorted by complexity. A rule keeps its memory in plain decayed sums, s ← β s + x (PyTorch's momentum
 * buffer); a moving average is (1 - β) s, and that factor goes into the scalars of the update. Every pass over
 * a large array saved this way is time saved, since updates are bound by memory.
 */
import {
  add,
  array,
  asTensor,
  cast,
  div,
  expm1,
  mul,
  neg,
  sqrt,
  square,
  sub,
  type Tensor,
  TensorError,
  type TensorLike,
  type TensorSource,
  Variable,
  zeros,
} from '@sextant/engine';
import type { Parameter } from './module.js';
import type { Schedule } from './schedule.js';
import { Stateful } from './stateful.js';

/** One new parameter value from the present value and its gradient; `i` is the parameter's place. */
export type Update = (parameter: Tensor, gradient: Tensor, i: number) => Tensor;

export interface OptimizerOptions {
  /**
   * A number, a function of the step (see `schedule.ts`), or a scalar `Variable` that the host sets between
   * steps. None of them makes the program compile again.
   */
  readonly learningRate?: number | Schedule | TensorSource;
  /** L2 penalty: this times the parameter is added to its gradient (0). */
  readonly weightDecay?: number;
}

/**
 * Changes parameters by their gradients. Its state (the step count and the rule's memory) is saved by
 * `stateDict` and continues exactly after `loadStateDict`.
 */
export abstract class Optimizer extends Stateful {
  /** Number of updates made (int32 scalar). */
  readonly step = new Variable(array(0, { dtype: 'int32' }));
  readonly #parameters: readonly Parameter[];
  readonly #learningRate: Schedule;

  constructor(parameters: readonly Parameter[], learningRate: number | Schedule | TensorSource) {
    super();
    this.#parameters = parameters;
    this.#learningRate = typeof learningRate === 'function' ? learningRate : () => learningRate;
  }

  /**
   * Records, in the program being traced, one update of every parameter and of the optimiser's state.
   *
   * @param gradients - one for each parameter, in their order: `grad(loss, parameters)`.
   * @throws TensorError when they do not match the parameters.
   */
  update(gradients: readonly Tensor[]): void {
    if (gradients.length !== this.#parameters.length) {
      throw new TensorError(
        'update',
        `${gradients.length} gradients for ${this.#parameters.length} parameters`,
      );
    }
    const step = this.step.toTensor();
    this.step.assign(add(step, 1));
    const before = cast(step, 'float32');
    const rule = this.rule(asTensor(this.#learningRate(before)), add(before, 1));
    this.#parameters.forEach((parameter, i) => {
      const gradient = gradients[i]!;
      if (gradient.shape.join() !== parameter.shape.join()) {
        const name = parameter.name || `parameter ${i}`;
        throw new TensorError(
          'update',
          `${name} has shape [${parameter.shape.join(', ')}], its gradient [${gradient.shape.join(', ')}]`,
        );
      }
      parameter.assign(rule(parameter.toTensor(), gradient, i));
    });
  }

  /**
   * The update of one step.
   *
   * @param rate - the learning rate, a float32 scalar.
   * @param t - 1 for the first step, a float32 scalar.
   */
  protected abstract rule(rate: Tensor, t: Tensor): Update;

  /** Memory of the rule: zeros in the shape of each parameter. */
  protected memory(): Variable[] {
    return this.#parameters.map((p) => new Variable(zeros(p.shape, p.dtype)));
  }
}

/** s ← β s + x; returns the new sum. */
function accumulate(sum: Variable, beta: number, x: Tensor): Tensor {
  sum.assign(add(mul(sum, beta), x));
  return sum.toTensor();
}

/** x · s for a float32 scalar s and an x of any precision. */
const scale = (x: Tensor, s: Tensor): Tensor => mul(x, cast(s, x.dtype));

/** g + λ p. */
const decayed = (g: Tensor, p: Tensor, decay: number): Tensor => (decay === 0 ? g : add(g, mul(p, decay)));

/** 1 - βᵗ, the share of a moving average's weights that t steps have filled, without cancellation. */
const filled = (beta: number, t: Tensor): TensorLike => (beta === 0 ? 1 : neg(expm1(mul(t, Math.log(beta)))));

export interface SGDOptions extends OptimizerOptions {
  /** Decay μ of the velocity (0: no memory). */
  readonly momentum?: number;
  /** Look ahead along the velocity. */
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent, p ← p - lr u with u = g; with momentum, b ← μ b + g and u = b, or
 * u = g + μ b (Nesterov). PyTorch's formulas (no dampening).
 */
export class SGD extends Optimizer {
  readonly velocity: readonly Variable[];
  readonly #options: Required<Omit<SGDOptions, 'learningRate'>>;

  constructor(
    parameters: readonly Parameter[],
    { learningRate = 1e-3, momentum = 0, nesterov = false, weightDecay = 0 }: SGDOptions = {},
  ) {
    super(parameters, learningRate);
    if (nesterov && momentum <= 0) throw new TensorError('SGD', 'nesterov needs momentum');
    this.#options = { momentum, nesterov, weightDecay };
    this.velocity = momentum === 0 ? [] : this.memory();
  }

  protected rule(rate: Tensor): Update {
    const { momentum, nesterov, weightDecay } = this.#options;
    return (p, gradient, i) => {
      const g = decayed(gradient, p, weightDecay);
      if (momentum === 0) return sub(p, scale(g, rate));
      const b = accumulate(this.velocity[i]!, momentum, g);
      return sub(p, scale(nesterov ? add(g, mul(b, momentum)) : b, rate));
    };
  }
}

export interface RMSpropOptions extends OptimizerOptions {
  /** Decay α of the squares (0.99). */
  readonly decay?: number;
  readonly eps?: number;
  /** Decay μ of the velocity (0). */
  readonly momentum?: number;
  /** Divide by the deviation from the mean gradient instead of the root mean square. */
  readonly centered?: boolean;
}

/**
 * RMSprop, p ← p - lr u with u = g / (√v + eps), v the moving average of g² (less the mean's square where
 * `centered`); with momentum, b ← μ b + u and p ← p - lr b. PyTorch's formulas.
 */
export class RMSprop extends Optimizer {
  /** Decayed sums of g². */
  readonly squares: readonly Variable[];
  /** Decayed sums of g. */
  readonly sums: readonly Variable[];
  readonly velocity: readonly Variable[];
  readonly #options: Required<Omit<RMSpropOptions, 'learningRate'>>;

  constructor(
    parameters: readonly Parameter[],
    {
      learningRate = 1e-2,
      decay = 0.99,
      eps = 1e-8,
      momentum = 0,
      centered = false,
      weightDecay = 0,
    }: RMSpropOptions = {},
  ) {
    super(parameters, learningRate);
    this.#options = { decay, eps, momentum, centered, weightDecay };
    this.squares = this.memory();
    this.sums = centered ? this.memory() : [];
    this.velocity = momentum === 0 ? [] : this.memory();
  }

  protected rule(rate: Tensor): Update {
    const { decay, eps, momentum, centered, weightDecay } = this.#options;
    // √((1-α) S) + eps = √(1-α) (√S + eps / √(1-α)), and of the mean's square one factor 1-α is left.
    const root = Math.sqrt(1 - decay);
    const step = div(rate, root);
    return (p, gradient, i) => {
      const g = decayed(gradient, p, weightDecay);
      let spread = accumulate(this.squares[i]!, decay, square(g));
      if (centered) spread = sub(spread, mul(square(accumulate(this.sums[i]!, decay, g)), 1 - decay));
      const u = div(g, add(sqrt(spread), eps / root));
      return sub(p, scale(momentum === 0 ? u : accumulate(this.velocity[i]!, momentum, u), step));
    };
  }
}

export interface AdamOptions extends OptimizerOptions {
  /** Decays of the moving averages of g and g² ([0.9, 0.999]). */
  readonly betas?: readonly [number, number];
  readonly eps?: number;
}

/**
 * Adam (Kingma and Ba, 2015): p ← p - lr m̂ / (√v̂ + eps) with m, v the moving averages of g and g²,
 * m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ). PyTorch's formulas.
 */
export class Adam extends Optimizer {
  /** Decayed sums of g: m / (1 - β₁). */
  readonly sums: readonly Variable[];
  /** Decayed sums of g²: v / (1 - β₂). */
  readonly squares: readonly Variable[];
  readonly #betas: readonly [number, number];
  readonly #eps: number;
  readonly #weightDecay: number;

  constructor(
    parameters: readonly Parameter[],
    { learningRate = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 }: AdamOptions = {},
  ) {
    super(parameters, learningRate);
    this.#betas = betas;
    this.#eps = eps;
    this.#weightDecay = weightDecay;
    this.sums = this.memory();
    this.squares = this.memory();
  }

  protected rule(rate: Tensor, t: Tensor): Update {
    const [beta1, beta2] = this.#betas;
    // m̂ = a M and √v̂ = √V / c, so m̂ / (√v̂ + eps) = a c M / (√V + c eps).
    const a = div(1 - beta1, filled(beta1, t));
    const c = sqrt(div(filled(beta2, t), 1 - beta2));
    const step = mul(rate, mul(a, c));
    const eps = mul(c, this.#eps);
    return (p, gradient, i) => {
      const g = decayed(gradient, p, this.#weightDecay);
      const m = accumulate(this.sums[i]!, beta1, g);
      const v = accumulate(this.squares[i]!, beta2, square(g));
      return sub(p, scale(div(m, add(sqrt(v), cast(eps, v.dtype))), step));
    };
  }
}

/**
 * AdamW (Loshchilov and Hutter, 2019): Adam whose weight decay shrinks parameters directly,
 * p ← (1 - lr λ) p, instead of adding to the gradient.
 */
export class AdamW extends Adam {
  readonly #decay: number;

  /** @param options.weightDecay - λ (0.01). */
  constructor(parameters: readonly Parameter[], { weightDecay = 1e-2, ...options }: AdamOptions = {}) {
    super(parameters, options);
    this.#decay = weightDecay;
  }

  protected override rule(rate: Tensor, t: Tensor): Update {
    const adam = super.rule(rate, t);
    const kept = sub(1, mul(rate, this.#decay));
    return (p, g, i) => adam(scale(p, kept), g, i);
  }
}
