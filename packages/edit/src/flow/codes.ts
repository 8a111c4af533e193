/**
 * @module Codes with what their pictures show: the data that a flow learns from, in the authors' files (section 4.1).
 */
import { join } from 'node:path';
import { NDArray } from '@sextant/engine';
import { InputError, readNpy } from '@sextant/io';
import { LIGHT_COEFFICIENTS } from '../attributes.js';
import type { FlowConfig } from './config.js';

/** Codes and what they are conditioned on, light before attributes. */
export interface CodeSet {
  /** [n, N, D] */
  readonly w: NDArray<'float32'>;
  /** [n, C] */
  readonly context: NDArray<'float32'>;
}

/**
 * Reads latents.npy [n, 1, N, D] (or [n, N, D], [n, D]), light.npy [n, 9, …] and attributes.npy [n, A, …] of a folder.
 *
 * @throws InputError when one is missing, or they do not fit together, or a value is not finite.
 */
export async function readCodes(folder: string): Promise<CodeSet> {
  const [latents, context] = [await read(folder, 'latents'), await readShown(folder)];
  if (latents.shape[0] !== context.shape[0]) {
    throw new InputError(
      `${folder}: ${latents.shape[0]} latents and ${context.shape[0]} rows of light and attributes do not belong together`,
    );
  }
  return { w: rowsOf(folder, latents), context };
}

/**
 * Reads light.npy [n, 9, …] and attributes.npy [n, A, …] of a folder: light before attributes [n, 9 + A].
 *
 * @throws InputError as {@link readCodes} does.
 */
export async function readShown(folder: string): Promise<NDArray<'float32'>> {
  const [light, attributes] = [await read(folder, 'light'), await read(folder, 'attributes')];
  const n = light.shape[0] ?? 0;
  if (attributes.shape[0] !== n) {
    throw new InputError(
      `${folder}: ${n} lights and ${attributes.shape[0]} rows of attributes do not belong together`,
    );
  }
  const [lights, others] = [table(light), table(attributes)];
  if (lights.width !== LIGHT_COEFFICIENTS) {
    throw new InputError(
      `${folder}: light.npy has ${lights.width} numbers a row; ${LIGHT_COEFFICIENTS} are needed`,
    );
  }
  const width = lights.width + others.width;
  const context = new Float32Array(n * width);
  for (let i = 0; i < n; i++) context.set([...lights.row(i), ...others.row(i)], i * width);
  return new NDArray(context, [n, width], 'float32');
}

async function read(folder: string, name: string): Promise<NDArray<'float32'>> {
  const path = join(folder, `${name}.npy`);
  return finite(path, await readNpy(path));
}

/** The codes from `start` to before `end`. */
export function codesBetween({ w, context }: CodeSet, start: number, end: number): CodeSet {
  const part = (x: NDArray<'float32'>): NDArray<'float32'> => {
    const each = x.size / x.shape[0]!;
    return new NDArray(
      x.data.subarray(start * each, end * each),
      [end - start, ...x.shape.slice(1)],
      'float32',
    );
  };
  return { w: part(w), context: part(context) };
}

/** Codes to train on, and the last ones, a share of all, which are held out; undefined where that is none. */
export function splitCodes(codes: CodeSet, heldOut: number) {
  const n = codes.w.shape[0]!;
  const kept = Math.ceil(n * (1 - heldOut));
  return {
    training: codesBetween(codes, 0, kept),
    held: kept < n ? codesBetween(codes, kept, n) : undefined,
  };
}

/** @throws InputError when codes are none of a flow's. */
export function checkCodes({ w, context }: CodeSet, { dimension, contextFeatures }: FlowConfig): void {
  const [found, width] = [w.shape[2]!, context.shape[1]!];
  if (found !== dimension || width !== contextFeatures) {
    throw new InputError(
      `codes of ${found} numbers with ${width} of light and attributes; the flow takes ${dimension} and ${contextFeatures}`,
    );
  }
}

function finite(path: string, { data, shape }: NDArray): NDArray<'float32'> {
  const values = Float32Array.from(data, Number);
  const bad = values.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw new InputError(`${path}: value ${bad} is ${values[bad]}; leave that row out`);
  if (values.length === 0) throw new InputError(`${path}: it is empty`);
  return new NDArray(values, shape, 'float32');
}

/** Rows of numbers, whatever axes of length 1 follow. */
function table({ data, shape }: NDArray<'float32'>) {
  const width = data.length / shape[0]!;
  return { width, row: (i: number): Float32Array => data.subarray(i * width, (i + 1) * width) };
}

/** Codes as [n, N, D]. */
function rowsOf(folder: string, { data, shape }: NDArray<'float32'>): NDArray<'float32'> {
  const [n, ...rest] = shape;
  const inner = rest.length === 3 && rest[0] === 1 ? rest.slice(1) : rest.length === 1 ? [1, ...rest] : rest;
  if (inner.length !== 2) {
    throw new InputError(
      `${folder}: latents.npy has shape [${shape.join(', ')}]; give [n, 1, rows, numbers]`,
    );
  }
  return new NDArray(data, [n!, ...inner], 'float32');
}
