/**
 * @module Reference cases: a folder with a config, inputs, a checkpoint and the outputs expected of a module.
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { NDArray } from '@sextant/engine';
import { InputError, parseConfig, readFile, readSafetensors } from '@sextant/io';
import { z } from 'zod';
import type { AppliedModule } from './applied.js';
import { readWeights } from './weights.js';

/** `case.json`. A tensor passes where |actual - expected| ≤ atol + rtol |expected|. */
const Case = z.object({
  module: z.string(),
  config: z.record(z.string(), z.unknown()).default({}),
  checkpoint: z.string().optional(),
  inputs: z.string().optional(),
  /** A safetensors file, or JSON, of which `metrics` and `per_video` count: each number of `{a: {b: 1}}` is a scalar `a/b`. */
  expected: z.string(),
  rtol: z.number().nonnegative(),
  atol: z.number().nonnegative(),
  /** Absolute tolerances of single outputs, or of all whose last part has that name. */
  tolerances: z.record(z.string(), z.number().nonnegative()).default({}),
  /** Share of a tensor's elements that may miss the tolerance. */
  max_mismatched_fraction: z.number().min(0).max(1).default(0),
  gradients: z.object({ of: z.string(), wrt: z.array(z.string()) }).optional(),
  files: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  note: z.string().optional(),
});

/** How one output compares with what was expected of it. */
export interface TensorReport {
  readonly name: string;
  readonly maxAbsolute: number;
  /** Largest |actual - expected| / |expected| over elements that are not 0. */
  readonly maxRelative: number;
  readonly mismatched: number;
  readonly size: number;
  readonly pass: boolean;
  /** Why nothing could be compared: a missing output or another shape. */
  readonly problem?: string;
}

export interface CaseReport {
  readonly folder: string;
  readonly module: string;
  readonly tensors: readonly TensorReport[];
  readonly pass: boolean;
}

/** The folders of the cases at and below a folder, in order; the folder itself where there are none. */
export async function caseFolders(folder: string): Promise<readonly string[]> {
  // What cannot be read is told by `verifyCase`.
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const cases = names.filter((name) => basename(name) === 'case.json');
  return cases.length === 0 ? [folder] : cases.map((name) => join(folder, dirname(name))).sort();
}

/**
 * Runs one case.
 *
 * @param find - gives the module of a name such as `vocoder/mel`.
 * @throws InputError when the case is malformed or the module refuses it.
 */
export async function verifyCase(folder: string, find: (name: string) => AppliedModule): Promise<CaseReport> {
  const path = (name: string): string => inside(folder, name);
  const parsed = Case.safeParse(parseJson(path('case.json'), await readFile(path('case.json'))));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new InputError(`${path('case.json')}: ${issue.path.join('.')}: ${issue.message}`);
  }
  const spec = parsed.data;
  const [inputs, expected] = await Promise.all([
    spec.inputs === undefined ? new Map() : (await readSafetensors(path(spec.inputs))).tensors,
    readExpected(path(spec.expected)),
  ]);
  const module = find(spec.module);
  const outputs = await module.apply({
    config: spec.files ? { ...spec.config, files: resolved(spec.files, path) } : spec.config,
    checkpoint:
      spec.checkpoint === undefined
        ? undefined
        : await readWeights(path(spec.checkpoint), module.inertClasses),
    inputs,
    ...(spec.gradients ? { gradients: spec.gradients } : {}),
  });
  const tensors = [...expected].map(([name, wanted]) =>
    compare(name, outputs.get(name), wanted, {
      rtol: spec.rtol,
      atol: spec.tolerances[name] ?? spec.tolerances[name.split('/').at(-1)!] ?? spec.atol,
      allowed: spec.max_mismatched_fraction,
    }),
  );
  return { folder, module: spec.module, tensors, pass: tensors.every((t) => t.pass) };
}

async function readExpected(path: string): Promise<ReadonlyMap<string, NDArray>> {
  if (extname(path) !== '.json') return (await readSafetensors(path)).tensors;
  const Report = z.object({ metrics: z.unknown(), per_video: z.unknown().optional() });
  return new Map(numbersIn(parseConfig(Report, parseJson(path, await readFile(path)), path)));
}

/** The numbers in nested objects, by their paths. */
function numbersIn(value: unknown, path: readonly string[] = []): [string, NDArray][] {
  if (typeof value === 'number')
    return [[path.join('/'), new NDArray(Float64Array.of(value), [], 'float64')]];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersIn(inner, [...path, key]));
}

/** A file of the case; cases come from anywhere, so they may not reach out of their folder. */
function inside(folder: string, name: string): string {
  const path = resolve(folder, name);
  if (!path.startsWith(resolve(folder) + sep))
    throw new InputError(`${folder}: '${name}' lies outside the case`);
  return join(folder, name);
}

const resolved = (files: Record<string, string | string[]>, path: (name: string) => string) =>
  Object.fromEntries(Object.entries(files).map(([k, v]) => [k, Array.isArray(v) ? v.map(path) : path(v)]));

/** @throws InputError with the parser's own words. */
export function parseJson(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new InputError(`${path}: not valid JSON: ${error instanceof Error ? error.message : error}`);
  }
}

interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
  readonly allowed: number;
}

function compare(
  name: string,
  actual: NDArray | undefined,
  expected: NDArray,
  { rtol, atol, allowed }: Tolerance,
): TensorReport {
  const size = expected.size;
  const failed = (problem: string): TensorReport => ({
    name,
    maxAbsolute: Number.NaN,
    maxRelative: Number.NaN,
    mismatched: size,
    size,
    pass: false,
    problem,
  });
  if (!actual) return failed('no such output');
  if (actual.shape.join() !== expected.shape.join()) {
    return failed(`shape [${actual.shape.join(', ')}], expected [${expected.shape.join(', ')}]`);
  }
  let [maxAbsolute, maxRelative, mismatched] = [0, 0, 0];
  for (let i = 0; i < size; i++) {
    const [a, e] = [Number(actual.data[i]), Number(expected.data[i])];
    if (Object.is(a, e) || a === e) continue;
    const difference = Math.abs(a - e);
    // Written so that NaN fails.
    if (!(difference <= atol + rtol * Math.abs(e))) mismatched++;
    maxAbsolute = Math.max(maxAbsolute, difference);
    if (e !== 0) maxRelative = Math.max(maxRelative, difference / Math.abs(e));
  }
  return { name, maxAbsolute, maxRelative, mismatched, size, pass: mismatched <= allowed * size };
}
