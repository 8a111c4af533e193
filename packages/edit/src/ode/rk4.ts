/**
 * @module The 3/8 rule of order 4 on a fixed grid (section 5.5): differentiated through its steps.
 */
import { add, mul, scan, slice, sub, type Tensor } from '@sextant/engine';
import { asIn, type Field, type State } from './field.js';

/**
 * The state at the last of the grid's times.
 *
 * @param grid - float64 [n + 1], from one time to another.
 */
export function rk4(field: Field, y0: State, grid: Tensor): State {
  const step = (y: State, [t, next]: readonly [Tensor, Tensor]): State => {
    const dt = sub(next, t);
    const h = asIn(y, dt);
    const moved = (...terms: readonly [number, State][]): State =>
      y.map((part, i) =>
        terms.reduce((sum, [weight, slope]) => add(sum, mul(mul(slope[i]!, weight), h)), part),
      );
    const k1 = field(t, y);
    const k2 = field(add(t, mul(dt, 1 / 3)), moved([1 / 3, k1]));
    const k3 = field(add(t, mul(dt, 2 / 3)), moved([-1 / 3, k1], [1, k2]));
    const k4 = field(next, moved([1, k1], [-1, k2], [1, k3]));
    return moved([1 / 8, k1], [3 / 8, k2], [3 / 8, k3], [1 / 8, k4]);
  };
  const [end] = scan((y: State, times: readonly [Tensor, Tensor]) => [step(y, times), null], y0, [
    slice(grid, 0, 0, -1),
    slice(grid, 0, 1),
  ] as const);
  return end;
}

/**
 * Times 0, s, 2s, … of a grid up to `end`, which takes the place of the last one: torchdiffeq's `step_size`.
 */
export function gridTo(end: number, stepSize: number): number[] {
  const times = Array.from({ length: Math.ceil(end / stepSize + 1) }, (_, i) => i * stepSize);
  return [...times.slice(0, -1), end];
}
