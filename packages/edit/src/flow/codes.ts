/**
 * @module Codes with what their pictures show: the data that a flow learns from, in the authors' files (section 4.1).
 */
import { NDArray } from '@sextant/engine';
import { InputError } from '@sextant/io';
import type { AttributeTable } from '../attributes.js';
import { keptOf } from '../held-out.js';
import { readArray, readShown } from '../shown.js';
import type { FlowConfig } from './config.js';

/** Codes and what they are conditioned on, light before attributes. */
export interface CodeSet {
  /** [n, N, D] */
  readonly w: NDArray<'float32'>;
  /** [n, C] */
  readonly context: NDArray<'float32'>;
}

/**
 * Reads latents.npy [n, 1, N, D] (or [n, N, D], [n, D]) of a folder, and what their pictures show; see {@link readShown}.
 *
 * @throws InputError when one is missing, or they do not fit together, or a value is not finite.
 */
export async function readCodes(folder: string, table: AttributeTable): Promise<CodeSet> {
  const [latents, context] = [await readArray(folder, 'latents'), await readShown(folder, table)];
  if (latents.shape[0] !== context.shape[0]) {
    throw new InputError(
      `${folder}: ${latents.shape[0]} latents and ${context.shape[0]} rows of light and attributes do not belong together`,
    );
  }
  return { w: rowsOf(folder, latents), context };
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
  const kept = keptOf(n, heldOut);
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
