/**
 * @module The optimiser that BERT was trained by.
 */
import { add, div, mul, sqrt, square, sub, type Tensor } from '@sextant/engine';
import { clipByNorm } from './clip.js';
import { Adam, type AdamOptions, accumulate, type Parameters, scale, type Update } from './optimizer.js';

export interface BertAdamOptions extends AdamOptions {
  /** The norm that each parameter's gradient is limited to (1); 0: no limit. */
  readonly maxGradientNorm?: number;
}

/**
 * BertAdam (Devlin et al., 2019): p ← p - lr (m / (√v + eps) + λ p), with m, v the moving averages of g and g², not
 * corrected for their beginning at zero, and g limited in norm, each parameter's by itself (`clipByNorm`). It is
 * meant for a rate that warms up: see `warmupLinear`. Formulas of pytorch-pretrained-bert.
 */
export class BertAdam extends Adam {
  readonly #maxGradientNorm: number;

  /** @param options.weightDecay - λ (0.01). `eps` is 1e-6. */
  constructor(
    parameters: Parameters,
    { maxGradientNorm = 1, eps = 1e-6, weightDecay = 1e-2, ...options }: BertAdamOptions = {},
  ) {
    super(parameters, { eps, weightDecay, ...options });
    this.#maxGradientNorm = maxGradientNorm;
  }

  protected override rule(rate: Tensor, _: Tensor, weightDecay: number): Update {
    const [beta1, beta2] = this.betas;
    // m = (1-β₁) M and √v = √(1-β₂) √V, so m / (√v + eps) = factor M / (√V + eps / √(1-β₂)).
    const root = Math.sqrt(1 - beta2);
    const factor = (1 - beta1) / root;
    return (p, gradient, key) => {
      const g = this.#maxGradientNorm > 0 ? clipByNorm([gradient], this.#maxGradientNorm)[0]! : gradient;
      const m = accumulate(this.sums[key]!, beta1, g);
      const v = accumulate(this.squares[key]!, beta2, square(g));
      const u = mul(div(m, add(sqrt(v), this.eps / root)), factor);
      return sub(p, scale(weightDecay === 0 ? u : add(u, mul(p, weightDecay)), rate));
    };
  }
}
