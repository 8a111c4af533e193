/**
 * @module Straight lines in W, which the flow is compared to: directions of a linear regression (as InterfaceGAN's) and
 * principal components (as GANSpace's).
 */
import {
  add,
  cholesky,
  div,
  Generator,
  matmul,
  mul,
  type NDArray,
  program,
  sum,
  type Tensor,
  transpose,
  triangularSolve,
} from '@sextant/engine';
import { InputError } from '@sextant/io';
import { LIGHT_COEFFICIENTS, shownBy } from '../attributes.js';
import type { CodeSet } from '../flow/codes.js';
import { columnsOf, identity, rows64 } from './matrices.js';

/** For each attribute a step [D] in W that changes it by 1, as far as straight lines tell. */
export type Steps = readonly Float64Array[];

/** Share of the mean variance that is added to the covariance of codes, which may be singular. */
const RIDGE = 1e-3;
const COMPONENTS = 20;
const ITERATIONS = 60;

/**
 * The shortest steps along which a linear regression on codes of W says that attributes change by 1.
 *
 * @param codes - w [n, 1, D].
 */
export async function regressionSteps(codes: CodeSet): Promise<Steps> {
  const [x, y] = centred(codes);
  const regression = program(
    (x: Tensor, y: Tensor) => {
      const [n, dimension] = x.shape as [number, number];
      const gram = div(matmul(transpose(x), x), n);
      const ridge = mul(div(sum(mul(gram, identity(dimension))), dimension), RIDGE);
      const factor = cholesky(add(gram, mul(identity(dimension), ridge)));
      const half = triangularSolve(factor, div(matmul(transpose(x), y), n));
      const b = triangularSolve(factor, half, { transpose: true });
      return div(b, sum(mul(b, b), { axes: [0], keepDims: true }));
    },
    { name: 'regression' },
  );
  try {
    return columnsOf(await regression(x, y));
  } finally {
    await regression.release();
  }
}

/**
 * Steps along principal components of codes of W: of the first twenty, for each attribute the one that it is most correlated with.
 *
 * @param codes - w [n, 1, D].
 * @throws InputError when there are no more codes than components.
 */
export async function componentSteps(codes: CodeSet): Promise<Steps> {
  const [x, y] = centred(codes);
  const [n, dimension] = x.shape as [number, number];
  const k = Math.min(COMPONENTS, dimension);
  if (n <= k)
    throw new InputError(`${n} codes are too few for ${k} components; ${k + 1} are needed at least`);
  // Orthogonal iteration: the span of v turns towards the largest components.
  const turned = program(
    (x: Tensor, v: Tensor) => {
      const moved = matmul(transpose(x), matmul(x, v));
      const factor = cholesky(matmul(transpose(moved), moved));
      return transpose(triangularSolve(factor, transpose(moved)));
    },
    { name: 'components' },
  );
  const projected = program((x: Tensor, v: Tensor) => matmul(x, v), { name: 'projection' });
  try {
    let v: NDArray = rows64(new Generator(0).normalArray([dimension, k]).data, dimension, k);
    for (let i = 0; i < ITERATIONS; i++) v = await turned(x, v);
    const coordinates = columnsOf(await projected(x, v));
    const components = columnsOf(v);
    return columnsOf(y).map((attribute) => {
      const slopes = coordinates.map((c) => dot(c, attribute) / dot(c, c));
      const strength = coordinates.map((c, i) => Math.abs(slopes[i]!) * Math.sqrt(dot(c, c) / n));
      const best = strength.indexOf(Math.max(...strength));
      return components[best]!.map((value) => value / slopes[best]!);
    });
  } finally {
    await turned.release();
    await projected.release();
  }
}

/** Codes [n, D] and attributes without light [n, A], less their means. */
function centred({ w, context }: CodeSet): readonly [NDArray, NDArray] {
  const [n, width] = context.shape as [number, number];
  const attributes = Array.from({ length: n }, (_, i) =>
    Array.from(shownBy(context.data.subarray(i * width, (i + 1) * width)).attributes),
  ).flat();
  return [rows64(w.data, n, w.size / n), rows64(attributes, n, width - LIGHT_COEFFICIENTS)].map(
    lessMeans,
  ) as [NDArray, NDArray];
}

function lessMeans({ data, shape }: NDArray<'float64'>): NDArray {
  const [n, width] = shape as [number, number];
  const columns = columnsOf({ data, shape });
  const centre = columns.map((column) => column.reduce((a, b) => a + b, 0) / n);
  return rows64(
    Float64Array.from(data, (v, at) => Number(v) - centre[at % width]!),
    n,
    width,
  );
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((s, v, i) => s + v * b[i]!, 0);
