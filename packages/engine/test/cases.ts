/**
 * @module A family's cases as one program: values and first-order gradients of all of them.
 */
import {
  array,
  grad,
  type InputSpec,
  isFloat,
  mul,
  type NDArray,
  type Program,
  program,
  type Runtime,
  scope,
  sum,
  type Tensor,
} from '../src/index.js';
import { randomArray } from '../src/testing.js';
import { FAMILIES, type Family } from './families/index.js';

/** What one case computes: its value, then the gradients of its weighted sum by its floating-point inputs. */
export type Results<T> = Record<string, readonly T[]>;

function compute([fn]: Family[string], inputs: readonly Tensor[]): Tensor[] {
  const y = fn(...inputs);
  const by = inputs.filter((x) => isFloat(x.dtype));
  if (!isFloat(y.dtype)) return [y];
  // Weights that differ give every element of the result its own part in the gradient.
  const weights = randomArray(y.shape as number[], { low: 0.5, high: 1.5, dtype: 'float32', seed: 99 });
  return [y, ...grad(sum(mul(y, weights)), by, { allowUnused: true })];
}

export const inputsOf = (family: Family): Record<string, NDArray[]> =>
  Object.fromEntries(Object.entries(family).map(([name, [, ...inputs]]) => [name, inputs]));

/** Each case in a scope of its name, so that profiles tell whose operation ran where. */
export function familyProgram(
  name: string,
  runtime?: Runtime,
): Program<[Record<string, Tensor[]>], Results<Tensor>> {
  const family = FAMILIES[name]!;
  const inputs = Object.fromEntries(
    Object.entries(inputsOf(family)).map(([key, arrays]) => [
      key,
      arrays.map(({ dtype, shape }): InputSpec => ({ dtype, shape })),
    ]),
  );
  return program(
    (given: Record<string, Tensor[]>): Results<Tensor> =>
      Object.fromEntries(
        Object.entries(family).map(([key, one]) => [key, scope(key, () => compute(one, given[key]!))]),
      ),
    { name, inputs: [inputs], ...(runtime ? { runtime } : {}) },
  );
}

/** Runs all cases of a family. */
export async function runFamily(name: string, runtime?: Runtime): Promise<Results<NDArray>> {
  const family = familyProgram(name, runtime);
  const results = await family(inputsOf(FAMILIES[name]!));
  await family.release();
  return results;
}

/**
 * Compares a case's results with those of another device.
 *
 * @returns what differs, or '' where every element agrees within `tolerance` of the array's largest element
 *   (or of 1, where that is smaller).
 */
export function difference(
  actual: readonly NDArray[],
  expected: readonly NDArray[],
  tolerance: number,
): string {
  if (actual.length !== expected.length) return `${actual.length} arrays, expected ${expected.length}`;
  for (const [i, e] of expected.entries()) {
    const a = actual[i]!;
    const what = i === 0 ? 'value' : `gradient ${i - 1}`;
    if (a.dtype !== e.dtype || a.shape.join() !== e.shape.join()) {
      return `${what} is ${a.dtype} [${a.shape}], expected ${e.dtype} [${e.shape}]`;
    }
    const values = Array.from(e.data as ArrayLike<number>, Number);
    const scale = values.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
    for (const [j, v] of values.entries()) {
      const error = Math.abs(Number(a.data[j]) - v);
      if (!(error <= tolerance * scale)) return `${what}[${j}] is ${a.data[j]}, expected ${v}`;
    }
  }
  return '';
}

/** WGSL promises sine and cosine only to an absolute 2⁻¹¹, and with them normal random numbers. */
const COARSE = ['sin', 'cos', 'randomNormal'];

/** How far an operation's results on WebGPU may be from the CPU's: both are float32, rounded differently. */
export const webgpuTolerance = (op: string): number => (COARSE.includes(op) ? 2 ** -11 : 2e-5);

/** An array as plain JSON, to be carried between a browser and Node. */
export interface PlainArray {
  readonly dtype: NDArray['dtype'];
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export const toPlain = (a: NDArray): PlainArray => ({
  dtype: a.dtype,
  shape: a.shape,
  values: Array.from(a.data as ArrayLike<number>, Number),
});

export const fromPlain = ({ dtype, shape, values }: PlainArray): NDArray => array(values, { dtype, shape });
