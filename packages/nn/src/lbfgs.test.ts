import { add, array, grad, mul, program, slice, square, sub, sum } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { LBFGS, type LBFGSOptions } from './lbfgs.js';
import { Parameter } from './module.js';

/** Rosenbrock's valley 100 (y - x²)² + (1 - x)², from its usual start. */
function rosenbrock() {
  const p = new Parameter(array([-1.2, 1], { dtype: 'float64' }));
  const objective = program(() => {
    const [x, y] = [slice(p, 0, 0, 1), slice(p, 0, 1, 2)];
    const loss = sum(add(mul(square(sub(y, square(x))), 100), square(sub(1, x))));
    return { loss, gradients: grad(loss, [p]) };
  });
  return { p, objective };
}

describe('LBFGS', () => {
  // PyTorch's LBFGS with line_search_fn='strong_wolfe' in float64.
  it.each<[number, number[], number, number]>([
    [3, [-1.0288795348319695, 1.0655029516848564], 4.121126775765638, 5],
    [8, [-0.8802131649658734, 0.7274772060719978], 3.758911717937623, 10],
    [40, [0.9999814210791366, 0.9999619651810989], 4.221457511263308e-10, 43],
  ])('%i iterations agree with PyTorch', async (maxIterations, expected, loss, evaluations) => {
    const { p, objective } = rosenbrock();
    const result = await new LBFGS([p], { maxIterations, maxEvaluations: 1000 }).step(objective);
    const [x, y] = [...(p.value.data as Float64Array)];
    expect(x).toBeCloseTo(expected[0]!, 9);
    expect(y).toBeCloseTo(expected[1]!, 9);
    expect(result.loss).toBeCloseTo(loss, 9);
    expect(result.evaluations).toBe(evaluations);
    expect(result.iterations).toBe(Math.min(maxIterations, 35));
  });

  it('continues from call to call, with a short memory and another first step', async () => {
    const { p, objective } = rosenbrock();
    const options: LBFGSOptions = {
      maxIterations: 4,
      maxEvaluations: 1000,
      historySize: 2,
      learningRate: 0.5,
    };
    const optimizer = new LBFGS([p], options);
    for (let i = 0; i < 3; i++) await optimizer.step(objective);
    const [x, y] = [...(p.value.data as Float64Array)];
    expect(x).toBeCloseTo(-0.989330309291753, 9);
    expect(y).toBeCloseTo(0.9642585695711188, 9);
  });

  it('stops where the gradient vanishes', async () => {
    const { p, objective } = rosenbrock();
    p.value = array([1, 1], { dtype: 'float64' });
    expect(await new LBFGS([p]).step(objective)).toEqual({ loss: 0, iterations: 0, evaluations: 1 });
  });

  it('refuses gradients that do not match', async () => {
    const { p } = rosenbrock();
    const evaluate = async () => ({ loss: 1, gradients: [array([1, 2, 3])] });
    await expect(new LBFGS([p]).step(evaluate)).rejects.toThrow(
      /LBFGS: gradients of shapes \[3\] for variables of shapes \[2\]/,
    );
  });
});
