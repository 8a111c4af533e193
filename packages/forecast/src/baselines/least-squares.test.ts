import { describe, expect, it } from 'vitest';
import { solvePositiveDefinite } from './cholesky.js';
import { leastSquares } from './least-squares.js';

describe('least squares', () => {
  it('solves positive definite systems and refuses others', () => {
    const b = Float64Array.of(10, 13);
    expect(solvePositiveDefinite(Float64Array.of(4, 0, 2, 5), b)).toBe(true);
    expect([...b].map((v) => Math.round(v * 1e12) / 1e12)).toEqual([1.5, 2]);
    expect(solvePositiveDefinite(Float64Array.of(1, 0, 2, 1), Float64Array.of(1, 1))).toBe(false);
  });

  it("finds the minimum of Rosenbrock's valley", () => {
    const { parameters, sumOfSquares } = leastSquares(
      (theta, into) => {
        const [a, b] = theta as unknown as [number, number];
        into[0] = 10 * (b - a * a);
        into[1] = 1 - a;
      },
      { count: 2, start: [-1.2, 1], maxIterations: 100 },
    );
    expect(sumOfSquares).toBeLessThan(1e-12);
    expect(parameters[0]).toBeCloseTo(1, 6);
    expect(parameters[1]).toBeCloseTo(1, 6);
  });

  it('ignores a parameter on which nothing depends, and steps to where nothing is finite', () => {
    const { parameters } = leastSquares(
      ([a = 0], into) => {
        into[0] = Math.sqrt(a) - 2;
      },
      { count: 1, start: [0.01, 7] },
    );
    expect(parameters[0]).toBeCloseTo(4, 4);
    expect(parameters[1]).toBe(7);
  });
});
