/**
 * @module Batch normalisation by running statistics only (section 2.4): it can be inverted, and its determinant is known.
 */
import {
  add,
  div,
  exp,
  log,
  mean,
  mul,
  sqrt,
  sub,
  sum,
  type Tensor,
  Variable,
  variance,
} from '@sextant/engine';
import { init, Module, Parameter } from '@sextant/nn';

const [EPS, DECAY] = [1e-4, 0.1];

/** Of features on the last axis, for x [B, N, D] and running changes of log density l [B, N, 1]. */
export class MovingBatchNorm extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly running_mean: Variable;
  readonly running_var: Variable;
  readonly step = new Variable(init.zeros([1]));

  constructor(features: number) {
    super();
    this.weight = new Parameter(init.zeros([features]));
    this.bias = new Parameter(init.zeros([features]));
    this.running_mean = new Variable(init.zeros([features]));
    this.running_var = new Variable(init.ones([features]));
  }

  /** Normalised by the statistics as they were; in training they then move towards the batch's. */
  forward(x: Tensor, l?: Tensor): { x: Tensor; l: Tensor | undefined } {
    const y = add(mul(div(sub(x, this.running_mean), this.deviation()), exp(this.weight)), this.bias);
    const change = this.logDeterminant();
    if (this.training) this.collect(x);
    return { x: y, l: l && sub(l, change) };
  }

  inverse(y: Tensor, l?: Tensor): { x: Tensor; l: Tensor | undefined } {
    const x = add(mul(div(sub(y, this.bias), exp(this.weight)), this.deviation()), this.running_mean);
    return { x, l: l && add(l, this.logDeterminant()) };
  }

  private deviation(): Tensor {
    return sqrt(add(this.running_var, EPS));
  }

  /** log |det dy/dx| of a row. */
  private logDeterminant(): Tensor {
    return sum(sub(this.weight, mul(log(add(this.running_var, EPS)), 0.5)));
  }

  private collect(x: Tensor): void {
    const moved = (running: Variable, batch: Tensor) =>
      running.assign(add(mul(running, 1 - DECAY), mul(batch, DECAY)));
    moved(this.running_mean, mean(x, { axes: [0, 1] }));
    moved(this.running_var, variance(x, { axes: [0, 1], correction: 1 }));
    this.step.assign(add(this.step, 1));
  }
}
