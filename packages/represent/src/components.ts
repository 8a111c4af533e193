/**
 * @module Principal components by subspace iteration: the few directions in which vectors vary most.
 */
import { Generator, matmul, NDArray, program, type Tensor, transpose, Variable } from '@sextant/engine';
import { columnMeans, extentOf, type Features, shifted } from './evaluation/features.js';
import { symmetricEigen } from './evaluation/symmetric-eigen.js';

/** Directions carried beyond those wanted: they make the iteration converge fast. */
const SPARE = 8;
const STEPS = 40;

/**
 * Coordinates of vectors along their first principal components [N, count], by descending variance. The largest
 * coordinate of each is positive, so that they are the same every time. Columns of what has no variance are 0.
 */
export async function principalCoordinates(features: Features, count: number): Promise<Features> {
  const [rows, width] = extentOf(features);
  const carried = Math.min(width, count + SPARE);
  const vectors = new Variable(shifted(features, columnMeans(features)));
  const project = program((v: Tensor) => matmul(vectors, transpose(v)), { name: 'projection' });
  const covary = program(
    (v: Tensor) => {
      const x = vectors.toTensor();
      return matmul(transpose(matmul(x, transpose(v))), x);
    },
    { name: 'principal components' },
  );
  try {
    let basis = orthonormal(new Generator(0).normalArray([carried, width]));
    for (let step = 0; step < STEPS; step++) basis = orthonormal((await covary(basis)) as Features);
    const coordinates = (await project(basis)).data as Float32Array;
    return rotated(coordinates, rows, carried, count);
  } finally {
    await project.release();
    await covary.release();
  }
}

/** Rows made orthonormal one after the other (Gram and Schmidt, twice); rows that depend on others become 0. */
function orthonormal(rows: Features): Features {
  const [count, width] = extentOf(rows);
  const basis = Array.from({ length: count }, (_, i) =>
    Float64Array.from(rows.data.subarray(i * width, (i + 1) * width)),
  );
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((s, v, j) => s + v * b[j]!, 0);
  for (const [i, row] of basis.entries()) {
    const before = Math.sqrt(dot(row, row));
    for (let pass = 0; pass < 2; pass++) {
      for (const other of basis.slice(0, i)) {
        const share = dot(row, other);
        for (let j = 0; j < width; j++) row[j]! -= share * other[j]!;
      }
    }
    const length = Math.sqrt(dot(row, row));
    const factor = length > 1e-6 * before ? 1 / length : 0;
    for (let j = 0; j < width; j++) row[j]! *= factor;
  }
  const data = new Float32Array(count * width);
  for (const [i, row] of basis.entries()) data.set(row, i * width);
  return new NDArray(data, [count, width], 'float32');
}

/** Turns coordinates [N, carried] to their own principal axes, and keeps the first ones. */
function rotated(coordinates: Float32Array, rows: number, carried: number, count: number): Features {
  const products = new Float64Array(carried * carried);
  for (let at = 0; at < coordinates.length; at += carried)
    for (let i = 0; i < carried; i++)
      for (let j = 0; j <= i; j++) products[i * carried + j]! += coordinates[at + i]! * coordinates[at + j]!;
  const { vectors } = symmetricEigen(products, carried, { vectors: true });
  const result = new Float32Array(rows * count);
  for (let c = 0; c < Math.min(count, carried); c++) {
    const axis = vectors!.subarray(c * carried, (c + 1) * carried);
    let largest = 0;
    for (let i = 0; i < rows; i++) {
      let sum = 0;
      for (let j = 0; j < carried; j++) sum += axis[j]! * coordinates[i * carried + j]!;
      result[i * count + c] = sum;
      if (Math.abs(sum) > Math.abs(largest)) largest = sum;
    }
    if (largest < 0) for (let i = 0; i < rows; i++) result[i * count + c]! *= -1;
  }
  return new NDArray(result, [rows, count], 'float32');
}
