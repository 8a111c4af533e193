/**
 * @module Multinomial logistic regression by L-BFGS: the linear probe without randomness, as scikit-learn's.
 */
import { add, array, div, grad, mul, program, square, sum, Variable, zeros } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { crossEntropy, LBFGS, Linear } from '@sextant/nn';
import { centredRows, classCount, columnMeans, extentOf } from './features.js';
import type { Labelled } from './knn.js';
import type { LinearClassifier } from './linear.js';

export interface LogisticOptions {
  /** Inverse strength of the penalty (1). */
  readonly c?: number;
  /** Iterations of L-BFGS at most (1000). */
  readonly maxIterations?: number;
}

export interface LogisticResult extends LinearClassifier {
  /** The objective at the minimum. */
  readonly objective: number;
  readonly iterations: number;
}

/** Largest gradient of the mean objective at which it counts as minimal. */
const TOLERANCE = 1e-9;

/**
 * Minimises Σ cross-entropies + ‖W‖² / 2C in double precision; the intercepts are not penalised and sum to zero.
 *
 * @throws InputError when labels and vectors do not match, a class has no vector, or C is not positive.
 */
export async function fitLogistic(
  { features, labels }: Labelled,
  { c = 1, maxIterations = 1000 }: LogisticOptions = {},
): Promise<LogisticResult> {
  const [rows, width] = extentOf(features);
  if (labels.length !== rows) throw new InputError(`${labels.length} labels for ${rows} vectors`);
  if (!(c > 0)) throw new InputError(`C is ${c}; give a positive number`);
  const classes = classCount(labels);
  const seen = new Set(labels);
  const absent = Array.from({ length: classes }, (_, i) => i).find((label) => !seen.has(label));
  if (absent !== undefined)
    throw new InputError(
      `class ${absent} (counted from 0) has no vector to learn from: add pictures that can be read, or leave the class out`,
    );

  // Centred vectors move the intercepts only, and make the problem better conditioned.
  const centre = columnMeans(features);
  const inputs = new Variable(centredRows(features, centre));
  const targets = new Variable(array(labels, { dtype: 'int32' }));
  const double = (shape: readonly number[]) => zeros(shape, 'float64');
  const probe = new Linear(width, classes, { weightInit: double, biasInit: double });
  const objective = program(
    () => {
      const errors = crossEntropy(probe.forward(inputs), targets, { reduction: 'sum' });
      const loss = div(add(errors, mul(sum(square(probe.weight)), 0.5 / c)), rows);
      return { loss, gradients: grad(loss, probe.parameters()) };
    },
    { name: 'logistic regression' },
  );
  try {
    const { loss, iterations } = await new LBFGS(probe.parameters(), {
      maxIterations,
      maxEvaluations: 2 * maxIterations + 20,
      toleranceGradient: TOLERANCE,
      toleranceChange: TOLERANCE ** 2,
      historySize: 20,
    }).step(objective);
    const weight = (probe.weight as Variable).value.copy();
    const bias = probe.bias!.value.copy();
    for (let k = 0; k < classes; k++)
      for (let j = 0; j < width; j++)
        bias.data[k] = Number(bias.data[k]) - Number(weight.data[k * width + j]) * centre[j]!;
    return { weight, bias, objective: loss * rows, iterations };
  } finally {
    await objective.release();
  }
}
