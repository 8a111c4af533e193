/**
 * @module The training loss (section 3 of the paper): the mean negative log-likelihood of the values that count.
 */
import { div, mul, neg, sum, type Tensor } from '@sextant/engine';
import type { Head, Parameters } from './heads.js';

/**
 * Σ w · -log p(z) / Σ w over a window.
 *
 * @param weight - 1 for positions that count, 0 for others (missing values, history where only the horizon counts);
 *   of the targets' shape.
 */
export const negativeLogLikelihood = (
  head: Head,
  parameters: Parameters,
  target: Tensor,
  weight: Tensor,
): Tensor => div(sum(mul(neg(head.logProb(parameters, target)), weight)), sum(weight));
