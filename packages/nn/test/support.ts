/**
 * @module What the tests of layers share.
 *
 * Values are pinned against PyTorch on weights and inputs that both sides compute: {@link wave}.
 */
import { type DType, isFloat, NDArray, program, sizeOf, type Tensor, Variable } from '@sextant/engine';
import { checkGradients, type GradientCheckOptions, randomArray } from '@sextant/engine/testing';
import { expect } from 'vitest';
import { type Module, Stateful } from '../src/index.js';

/** sin(phase + 0.7 k) for k = 0, 1, …: numbers that PyTorch can be given by one line too. */
export function wave(shape: readonly number[], phase: number, dtype: DType = 'float64'): NDArray {
  const values = Array.from({ length: sizeOf(shape) }, (_, k) => Math.sin(phase + 0.7 * k));
  const data = dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
  return new NDArray(data as never, shape, dtype);
}

/** Replaces every float variable below `owner` by one in double precision. */
export function inFloat64<M extends Stateful>(owner: M): M {
  const replaced = new Map<Variable, Variable>();
  const visit = (node: object): void => {
    for (const [key, field] of Object.entries(node)) {
      if (field instanceof Variable && isFloat(field.dtype)) {
        const data = Float64Array.from(field.value.data as Float32Array);
        const Kind = field.constructor as new (value: NDArray) => Variable;
        const wide = replaced.get(field) ?? new Kind(new NDArray(data, field.shape, 'float64'));
        replaced.set(field, wide);
        (node as Record<string, unknown>)[key] = wide;
      } else if (field instanceof Stateful || Array.isArray(field)) visit(field);
    }
  };
  visit(owner);
  return owner;
}

/** Gives the variables of these paths, in order, waves of phase 1, 2, … */
export function fillWithWaves<M extends Stateful>(owner: M, paths: readonly string[]): M {
  const variables = owner.namedVariables();
  for (const [i, path] of paths.entries()) {
    const variable = variables.get(path);
    if (!variable) throw new Error(`${path} is not among ${[...variables.keys()].join(', ')}`);
    variable.value = wave(variable.shape, i + 1, variable.dtype);
  }
  return owner;
}

/** Runs `fn` once and compares its result, element by element, with PyTorch's. */
export async function expectValues(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly NDArray[],
  expected: readonly number[],
  digits = 7,
): Promise<void> {
  const once = program(fn);
  const result = (await once(...inputs)) as NDArray;
  await once.release();
  expect(result.data).toHaveLength(expected.length);
  for (const [i, v] of result.data.entries()) expect(v, `element ${i}`).toBeCloseTo(expected[i]!, digits);
}

/** Checks gradients by the inputs and by every parameter of a module, in double precision where it has that. */
export async function checkLayerGradients(
  module: Module,
  forward: (...inputs: Tensor[]) => Tensor,
  inputs: readonly NDArray[],
  options: GradientCheckOptions = {},
): Promise<void> {
  const parameters = module.parameters();
  const values = parameters.map((p, i) => randomArray(p.shape, { dtype: p.dtype, seed: 50 + i }));
  const fn = (...given: Tensor[]) => {
    for (const [i, p] of parameters.entries()) p.assign(given[inputs.length + i]!);
    return forward(...given.slice(0, inputs.length));
  };
  await checkGradients(fn, [...inputs, ...values], options);
}
