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
  grad,
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
import { Stateful, uniqueNames } from './stateful.js';

/** A number, a function of the step (see `schedule.ts`), or a scalar `Variable` that the host sets. */
type LearningRate = number | Schedule | TensorSource;

export interface OptimizerOptions {
  /**
   * A number, a function of the step (see `schedule.ts`), or a scalar `Variable` that the host sets between
   * steps. None of them makes the program compile again.
   */
  readonly learningRate?: LearningRate;
  /** L2 penalty: this times the parameter is added to its gradient (0). */
  readonly weightDecay?: number;
}

/** Parameters with options of their own; what is absent is the optimiser's. */
export interface ParameterGroup extends OptimizerOptions {
  readonly parameters: readonly Parameter[];
}

/** What an optimiser changes: parameters, or groups of them. */
export type Parameters = readonly Parameter[] | readonly ParameterGroup[];

/** One new parameter value from the present value and its gradient; `key` names the rule's memory of it. */
export type Update = (parameter: Tensor, gradient: Tensor, key: string) => Tensor;

/**
 * Changes parameters by their gradients. Its state (the step count and the rule's memory) is saved by
 * `stateDict`, under the parameters' paths, and continues exactly after `loadStateDict`.
 *
 * @example
 * new AdamW([{ parameters: biases, weightDecay: 0 }, { parameters: weights }], { learningRate: 1e-3 });
 */
export abstract class Optimizer extends Stateful {
  /** Number of updates made (int32 scalar). */
  readonly step = new Variable(array(0, { dtype: 'int32' }));
  readonly #groups: readonly Required<ParameterGroup>[];
  readonly #keys: ReadonlyMap<Parameter, string>;

  /** @throws TensorError when a parameter is given twice. */
  constructor(parameters: Parameters, options: Required<OptimizerOptions>) {
    super();
    const groups = inGroups(parameters) ? parameters : [{ parameters }];
    this.#groups = groups.map((group) => ({ ...options, ...group }));
    const all = groups.flatMap((group) => group.parameters);
    const names = uniqueNames(all);
    this.#keys = new Map(all.map((p, i) => [p, names[i]!]));
    const twice = all.find((p, i) => all.indexOf(p) !== i);
    if (twice) {
      throw new TensorError(
        this.constructor.name,
        `${twice.name || `parameter ${all.indexOf(twice)}`} is given twice`,
      );
    }
  }

  /** The parameters, in the order of their gradients: those of the first group first. */
  get parameters(): readonly Parameter[] {
    return [...this.#keys.keys()];
  }

  /** Records one {@link update} by the gradients of a scalar loss. */
  minimize(loss: TensorLike): void {
    this.update(grad(loss, this.parameters));
  }

  /**
   * Records, in the program being traced, one update of every parameter and of the optimiser's state.
   *
   * @param gradients - one for each parameter, in their order, such as `grad(loss, optimizer.parameters)`
   *   after clipping.
   * @throws TensorError when they do not match the parameters.
   */
  update(gradients: readonly Tensor[]): void {
    const gradientOf = matched('update', this.parameters, gradients);
    const step = this.step.toTensor();
    this.step.assign(add(step, 1));
    const before = cast(step, 'float32');
    for (const { parameters, learningRate, weightDecay } of this.#groups) {
      const rate = asTensor(typeof learningRate === 'function' ? learningRate(before) : learningRate);
      const rule = this.rule(rate, add(before, 1), weightDecay);
      for (const p of parameters) p.assign(rule(p.toTensor(), gradientOf.get(p)!, this.#keys.get(p)!));
    }
  }

  /**
   * The update of one group in one step.
   *
   * @param rate - the learning rate, a float32 scalar.
   * @param t - 1 for the first step, a float32 scalar.
   */
  protected abstract rule(rate: Tensor, t: Tensor, weightDecay: number): Update;

  /** Memory of the rule: zeros in the shape of each parameter, by key. */
  protected memory(): Memory {
    return Object.fromEntries(
      [...this.#keys].map(([p, key]) => [key, new Variable(zeros(p.shape, p.dtype))]),
    );
  }
}

type Memory = Readonly<Record<string, Variable>>;

/**
 * Each parameter's gradient.
 *
 * @throws TensorError when there is not one for each parameter, of its shape.
 */
export function matched(
  op: string,
  parameters: readonly Parameter[],
  gradients: readonly Tensor[],
): Map<Parameter, Tensor> {
  if (gradients.length !== parameters.length) {
    throw new TensorError(op, `${gradients.length} gradients for ${parameters.length} parameters`);
  }
  return new Map(
    parameters.map((parameter, i) => {
      const gradient = gradients[i]!;
      if (gradient.shape.join() !== parameter.shape.join()) {
        const name = parameter.name || `parameter ${i}`;
        throw new TensorError(
          op,
          `${name} has shape [${parameter.shape.join(', ')}], its gradient [${gradient.shape.join(', ')}]`,
        );
      }
      return [parameter, gradient];
    }),
  );
}

const inGroups = (parameters: Parameters): parameters is readonly ParameterGroup[] =>
  parameters.length > 0 && !(parameters[0] instanceof Variable);

/** s ← β s + x; returns the new sum. */
export function accumulate(sum: Variable, beta: number, x: Tensor): Tensor {
  sum.assign(add(mul(sum, beta), x));
  return sum.toTensor();
}

/** x · s for a float32 scalar s and an x of any precision. */
export const scale = (x: Tensor, s: Tensor): Tensor => mul(x, cast(s, x.dtype));

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
  readonly velocity: Memory;
  readonly #options: Required<Omit<SGDOptions, keyof OptimizerOptions>>;

  constructor(
    parameters: Parameters,
    { learningRate = 1e-3, momentum = 0, nesterov = false, weightDecay = 0 }: SGDOptions = {},
  ) {
    super(parameters, { learningRate, weightDecay });
    if (nesterov && momentum <= 0) throw new TensorError('SGD', 'nesterov needs momentum');
    this.#options = { momentum, nesterov };
    this.velocity = momentum === 0 ? {} : this.memory();
  }

  protected rule(rate: Tensor, _: Tensor, weightDecay: number): Update {
    const { momentum, nesterov } = this.#options;
    return (p, gradient, key) => {
      const g = decayed(gradient, p, weightDecay);
      if (momentum === 0) return sub(p, scale(g, rate));
      const b = accumulate(this.velocity[key]!, momentum, g);
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
  readonly squares: Memory;
  /** Decayed sums of g. */
  readonly sums: Memory;
  readonly velocity: Memory;
  readonly #options: Required<Omit<RMSpropOptions, keyof OptimizerOptions>>;

  constructor(
    parameters: Parameters,
    {
      learningRate = 1e-2,
      decay = 0.99,
      eps = 1e-8,
      momentum = 0,
      centered = false,
      weightDecay = 0,
    }: RMSpropOptions = {},
  ) {
    super(parameters, { learningRate, weightDecay });
    this.#options = { decay, eps, momentum, centered };
    this.squares = this.memory();
    this.sums = centered ? this.memory() : {};
    this.velocity = momentum === 0 ? {} : this.memory();
  }

  protected rule(rate: Tensor, _: Tensor, weightDecay: number): Update {
    const { decay, eps, momentum, centered } = this.#options;
    // √((1-α) S) + eps = √(1-α) (√S + eps / √(1-α)), and of the mean's square one factor 1-α is left.
    const root = Math.sqrt(1 - decay);
    const step = div(rate, root);
    return (p, gradient, key) => {
      const g = decayed(gradient, p, weightDecay);
      let spread = accumulate(this.squares[key]!, decay, square(g));
      if (centered) spread = sub(spread, mul(square(accumulate(this.sums[key]!, decay, g)), 1 - decay));
      const u = div(g, add(sqrt(spread), eps / root));
      return sub(p, scale(momentum === 0 ? u : accumulate(this.velocity[key]!, momentum, u), step));
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
  readonly sums: Memory;
  /** Decayed sums of g²: v / (1 - β₂). */
  readonly squares: Memory;
  protected readonly betas: readonly [number, number];
  protected readonly eps: number;

  constructor(
    parameters: Parameters,
    { learningRate = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 }: AdamOptions = {},
  ) {
    super(parameters, { learningRate, weightDecay });
    this.betas = betas;
    this.eps = eps;
    this.sums = this.memory();
    this.squares = this.memory();
  }

  protected rule(rate: Tensor, t: Tensor, weightDecay: number): Update {
    const [beta1, beta2] = this.betas;
    // m̂ = a M and √v̂ = √V / c, so m̂ / (√v̂ + eps) = a c M / (√V + c eps).
    const a = div(1 - beta1, filled(beta1, t));
    const c = sqrt(div(filled(beta2, t), 1 - beta2));
    const step = mul(rate, mul(a, c));
    const eps = mul(c, this.eps);
    return (p, gradient, key) => {
      const g = decayed(gradient, p, weightDecay);
      const m = accumulate(this.sums[key]!, beta1, g);
      const v = accumulate(this.squares[key]!, beta2, square(g));
      return sub(p, scale(div(m, add(sqrt(v), cast(eps, v.dtype))), step));
    };
  }
}

/**
 * AdamW (Loshchilov and Hutter, 2019): Adam whose weight decay shrinks parameters directly,
 * p ← (1 - lr λ) p, instead of adding to the gradient.
 */
export class AdamW extends Adam {
  /** @param options.weightDecay - λ (0.01). */
  constructor(parameters: Parameters, { weightDecay = 1e-2, ...options }: AdamOptions = {}) {
    super(parameters, { weightDecay, ...options });
  }

  protected override rule(rate: Tensor, t: Tensor, weightDecay: number): Update {
    const adam = super.rule(rate, t, 0);
    const kept = sub(1, mul(rate, weightDecay));
    return (p, g, key) => adam(weightDecay === 0 ? p : scale(p, kept), g, key);
  }
}
