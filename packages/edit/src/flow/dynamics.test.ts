import { array, Generator, NDArray, program, type Tensor } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { afterAll, expect, it } from 'vitest';
import { ODEFunc, withDivergence, withHutchinson } from './dynamics.js';

const [D, C] = [3, 4];
manualSeed(1);
const field = new ODEFunc(D, [8, 5], C);
// Steeper than at the beginning of a training, so that the trace is not the same everywhere.
for (const parameter of field.parameters()) {
  const { data, shape } = parameter.value;
  parameter.value = new NDArray(
    Float32Array.from(data, (v) => 3 * Number(v)),
    shape,
    'float32',
  );
}
const random = new Generator(2);
const TIME = array(0.3);

const exactly = program((context: Tensor, t: Tensor, z: Tensor) =>
  withDivergence(field.conditioned(context), t, z),
);
const estimated = program((context: Tensor, t: Tensor, z: Tensor, e: Tensor) =>
  withHutchinson(field.conditioned(context), t, z, e),
);
afterAll(() => Promise.all([exactly.release(), estimated.release()]));

const context = random.normalArray([2, C]);

/** Two images of the same rows. */
const twice = (rows: readonly (readonly number[])[]): NDArray =>
  new NDArray(Float32Array.from([...rows, ...rows].flat()), [2, rows.length, D], 'float32');

it('has the trace of the Jacobian that differences tell, of each row and image', async () => {
  const STEP = 1e-2;
  const points = [0, 1].map(() => [0, 1, 2].map(() => random.normal()));
  // A point, and what is a step before and after it in each direction.
  const around = points.flatMap((p) => [
    p,
    ...p.flatMap((_, k) => [-STEP, STEP].map((by) => p.map((x, i) => (i === k ? x + by : x)))),
  ]);
  const { f, trace } = await exactly(context, TIME, twice(around));
  const each = 1 + 2 * D;
  const traces = [0, 1, 2, 3].map((point) => {
    const at = (row: number, k: number) => Number(f.data[(each * point + row) * D + k]);
    const slopes = [0, 1, 2].map((k) => (at(2 + 2 * k, k) - at(1 + 2 * k, k)) / (2 * STEP));
    return { differences: slopes.reduce((a, b) => a + b), exact: Number(trace.data[each * point]) };
  });
  for (const { exact, differences } of traces) expect(exact).toBeCloseTo(differences, 3);
  // Else nothing would be told apart.
  expect(new Set(traces.map(({ exact }) => exact.toFixed(2))).size).toBe(4);
});

it("Hutchinson's estimates of all directions are the trace together, and so is their mean for any noise", async () => {
  const point = [0.5, -1, 0.2];
  const directions = point.map((_, k) => point.map((_, i) => (i === k ? 1 : 0)));
  const same = twice(directions.map(() => point));
  const exact = await exactly(context, TIME, same);
  const whole = await estimated(context, TIME, same, twice(directions));
  expect(whole.f.data).toEqual(exact.f.data);
  for (const image of [0, 1]) {
    const [a, b, c] = Array.from(whole.trace.data, Number).slice(D * image);
    expect(a! + b! + c!).toBeCloseTo(Number(exact.trace.data[D * image]), 4);
  }

  const COUNT = 4000;
  const many = twice(Array.from({ length: COUNT }, () => point));
  const { trace } = await estimated(context, TIME, many, random.normalArray([2, COUNT, D]));
  for (const image of [0, 1]) {
    const found = Array.from(trace.data, Number).slice(COUNT * image, COUNT * (image + 1));
    const mean = found.reduce((a, b) => a + b) / COUNT;
    const deviation = Math.sqrt(found.reduce((sum, x) => sum + (x - mean) ** 2, 0) / COUNT);
    expect(deviation).toBeGreaterThan(1e-3);
    const off = Math.abs(mean - Number(exact.trace.data[D * image]));
    expect(off).toBeLessThan((4 * deviation) / Math.sqrt(COUNT));
  }
});
