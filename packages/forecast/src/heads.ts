/**
 * @module Output heads: from the last layer's features to the distribution of a value (section 2.1 of the paper).
 */
import {
  add,
  asTensor,
  div,
  exp,
  lgamma,
  log,
  log1p,
  maximum,
  minimum,
  mul,
  relu,
  slice,
  softplus,
  sqrt,
  square,
  squeeze,
  sub,
  type Tensor,
  type TensorLike,
} from '@sextant/engine';
import { init, Linear, Module } from '@sextant/nn';
import { gaussianNll } from './losses.js';
import { DECILES } from './metrics.js';
import { normalQuantile } from './normal.js';

/** Parameters of a distribution, each of the shape of the values it is of. */
export interface Parameters {
  readonly mu: Tensor;
  readonly sigma: Tensor;
  /** Degrees of freedom of Student's t. */
  readonly nu?: Tensor;
  /** Deviation above the median, where it differs from that below. */
  readonly upper?: Tensor;
}

/** A family of distributions and the linear maps that give its parameters. */
export abstract class Head extends Module {
  readonly mu: Linear;
  readonly sigma: Linear;
  /** How many standard normal numbers a draw takes. */
  abstract readonly noisePerDraw: number;

  /** @param floor - added to deviations, so that constant stretches cannot drive the likelihood to infinity. */
  constructor(
    features: number,
    private readonly floor = 0,
  ) {
    super();
    this.mu = projection(features);
    this.sigma = projection(features);
  }

  /** A deviation [...] from features x [..., D]: softplus, above the floor. */
  protected deviation(linear: Linear, x: Tensor): Tensor {
    return add(softplus(scalar(linear, x)), this.floor);
  }

  /** Features x [..., D] → parameters [...]. */
  abstract forward(x: Tensor): Parameters;
  /** What training makes small, of z's shape: -log p(z), or another proper score. */
  abstract loss(parameters: Parameters, z: TensorLike): Tensor;
  /** A draw made of independent standard normal numbers [..., noisePerDraw]. */
  abstract draw(parameters: Parameters, noise: TensorLike): Tensor;
}

const projection = (features: number): Linear =>
  new Linear(features, 1, {
    weightInit: (shape, random) => init.normal(shape, { std: 0.01, ...random }),
    biasInit: init.zeros,
  });

const scalar = (linear: Linear, x: Tensor): Tensor => squeeze(linear.forward(x), [-1]);

/** The paper's: N(mu, sigma²) with sigma = softplus(·). */
export class GaussianHead extends Head {
  readonly noisePerDraw = 1;

  forward(x: Tensor): Parameters {
    return { mu: scalar(this.mu, x), sigma: this.deviation(this.sigma, x) };
  }

  loss({ mu, sigma }: Parameters, z: TensorLike): Tensor {
    return gaussianNll(mu, sigma, z);
  }

  draw({ mu, sigma }: Parameters, noise: TensorLike): Tensor {
    return add(mu, mul(sigma, squeeze(noise, [-1])));
  }
}

/** mu + sigma · Student's t with nu = 2 + softplus(·) degrees of freedom: heavier tails than the paper's. */
export class StudentTHead extends Head {
  readonly noisePerDraw = 2;
  readonly nu: Linear;

  constructor(features: number, floor = 0) {
    super(features, floor);
    this.nu = projection(features);
  }

  forward(x: Tensor): Parameters {
    return {
      mu: scalar(this.mu, x),
      sigma: this.deviation(this.sigma, x),
      nu: add(softplus(scalar(this.nu, x)), 2),
    };
  }

  loss({ mu, sigma, nu }: Parameters, z: TensorLike): Tensor {
    const u = div(sub(z, mu), sigma);
    const half = mul(add(nu!, 1), 0.5);
    const normalizer = sub(lgamma(half), add(lgamma(mul(nu!, 0.5)), mul(log(mul(nu!, Math.PI)), 0.5)));
    return sub(add(log(sigma), mul(half, log1p(div(square(u), nu!)))), normalizer);
  }

  /**
   * Bailey's polar method (1994): n1/r · √(nu (e^(r²/nu) - 1)) with r² = n1² + n2², since e^(-r²/2) is uniform and
   * n1/r the cosine of a uniform angle.
   */
  draw({ mu, sigma, nu }: Parameters, noise: TensorLike): Tensor {
    const [first, second] = [0, 1].map((i) => squeeze(slice(asTensor(noise), -1, i, i + 1), [-1]));
    const squares = add(square(first!), square(second!));
    const radius = sqrt(div(mul(nu!, sub(exp(div(squares, nu!)), 1)), squares));
    return add(mu, mul(sigma, mul(first!, radius)));
  }
}

/**
 * A normal distribution cut at its median, of different deviations below and above it, learnt by the quantile losses
 * that forecasts are measured by instead of its likelihood: the mean over 0.1 … 0.9 of 2 (ρ - 1{z ≤ q}) (z - q).
 */
export class QuantileHead extends Head {
  readonly noisePerDraw = 1;
  readonly upper: Linear;

  constructor(features: number, floor = 0) {
    super(features, floor);
    this.upper = projection(features);
  }

  forward(x: Tensor): Parameters {
    return {
      mu: scalar(this.mu, x),
      sigma: this.deviation(this.sigma, x),
      upper: this.deviation(this.upper, x),
    };
  }

  loss(parameters: Parameters, z: TensorLike): Tensor {
    const losses = DECILES.map((rho) => {
      const q = this.draw(parameters, [normalQuantile(rho)]);
      const over = sub(z, q);
      return maximum(mul(over, 2 * rho), mul(over, 2 * (rho - 1)));
    });
    return mul(
      losses.reduce((a, b) => add(a, b)),
      1 / DECILES.length,
    );
  }

  draw({ mu, sigma, upper }: Parameters, noise: TensorLike): Tensor {
    const n = squeeze(noise, [-1]);
    return add(mu, add(mul(upper!, relu(n)), mul(sigma, minimum(n, 0))));
  }
}
