/**
 * @module A small model trained for a few steps, to be compared between runtimes: forward, gradient, and an
 * update of parameters and moments in one program.
 */
import {
  add,
  array,
  conv1d,
  div,
  grad,
  leakyRelu,
  matmul,
  mean,
  mul,
  type NDArray,
  pow,
  program,
  type Runtime,
  reshape,
  sqrt,
  square,
  sub,
  type Tensor,
  Variable,
  zeros,
} from '../src/index.js';
import { randomArray } from '../src/testing.js';

export interface Training {
  readonly losses: readonly number[];
  readonly parameters: readonly NDArray[];
}

const RATE = 0.02;
const [BETA1, BETA2, EPSILON] = [0.9, 0.99, 1e-6];

/** Fits a two-layer network to a smooth function of its input with Adam (Kingma and Ba, 2015). */
export async function train(steps: number, runtime?: Runtime): Promise<Training> {
  const random = (shape: number[], seed: number) =>
    randomArray(shape, { low: -0.5, high: 0.5, dtype: 'float32', seed });
  const parameters = [random([8, 2, 3], 1), random([8], 2), random([64, 1], 3)].map((a) => new Variable(a));
  const moments = parameters.map(
    (p) => [new Variable(zeros(p.shape)), new Variable(zeros(p.shape))] as const,
  );
  const count = new Variable(array(0));
  const [kernel, bias, readout] = parameters as [Variable, Variable, Variable];

  const step = program(
    (x: Tensor) => {
      const hidden = leakyRelu(conv1d(x, kernel, { bias, padding: 1 }), 0.2);
      const y = matmul(reshape(hidden, [-1, 64]), readout);
      const target = mean(square(x), { axes: [1, 2] });
      const loss = mean(square(sub(reshape(y, [-1]), target)));
      const gradients = grad(loss, parameters);

      count.assign(add(count, 1));
      for (const [i, g] of gradients.entries()) {
        const [m, v] = moments[i]!;
        m.assign(add(mul(m, BETA1), mul(g, 1 - BETA1)));
        v.assign(add(mul(v, BETA2), mul(square(g), 1 - BETA2)));
        const mean = div(m, sub(1, pow(BETA1, count)));
        const variance = div(v, sub(1, pow(BETA2, count)));
        parameters[i]!.assign(sub(parameters[i]!, div(mul(mean, RATE), add(sqrt(variance), EPSILON))));
      }
      return loss;
    },
    { name: 'step', ...(runtime ? { runtime } : {}) },
  );

  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push((await step(random([16, 2, 8], 100 + i))).item());
  await step.release();
  return { losses, parameters: parameters.map((p) => p.value) };
}
