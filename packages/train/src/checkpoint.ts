/**
 * @module One checkpoint: a safetensors file of everything a training continues from.
 *
 * Tensors are named `component/path` (`generator/stages.0.conv.weight`, `optimizer/squares.3`); the metadata
 * holds the rest as JSON, and a checksum of the whole file, so that damage is noticed on reading.
 */
import { crc32 } from 'node:zlib';
import { NDArray, type Variable } from '@sextant/engine';
import {
  decodeSafetensors,
  InputError,
  problemsText,
  readFile,
  safetensorsChunks,
  within,
  writeFile,
} from '@sextant/io';
import { z } from 'zod';

/** Something with variables: a module, an optimiser, a random number generator. */
export interface Stateful {
  /** Its variables by path; a variable may appear under two paths. */
  namedVariables(): ReadonlyMap<string, Variable>;
}

/** Everything a training changes, by name: `{ generator, discriminator, optimizerG, optimizerD }`. */
export type State = Readonly<Record<string, Stateful>>;

const infoSchema = z.object({
  /** Version of Sextant that wrote the file. */
  sextant: z.string(),
  /** Fingerprint of the run's configuration. */
  config: z.string(),
  /** Steps done. */
  step: z.int().min(0),
  /** Where the next batch begins. */
  cursor: z.object({ epoch: z.int().min(0), index: z.int().min(0) }).optional(),
  /** The best validation result so far and the step that gave it. */
  best: z.object({ metric: z.string(), value: z.number(), step: z.int() }).optional(),
  /** Sums of the metrics since the last line of the log. */
  averages: z.array(z.tuple([z.string(), z.number(), z.number()]).readonly()).readonly(),
});

/** What a checkpoint holds besides tensors. */
export type CheckpointInfo = z.infer<typeof infoSchema>;

/** A checkpoint as read from a file. */
export interface Checkpoint {
  readonly path: string;
  readonly info: CheckpointInfo;
  /** Every tensor by `component/path`. */
  readonly tensors: ReadonlyMap<string, NDArray>;
}

/** In the file's text; eight hexadecimal digits follow, which count as zeros in the checksum. */
const CHECKSUM = '"crc32":"';
const DIGITS = 8;

/**
 * Writes a checkpoint. At every instant `path` holds its old content or all of the new, flushed to the disk.
 *
 * @throws InputError when the disk is full or the folder is not writable.
 */
export async function writeCheckpoint(path: string, state: State, info: CheckpointInfo): Promise<void> {
  const tensors = new Map([...variablesOf(state)].map(([name, variable]) => [name, variable.value]));
  const texts = Object.entries(info).map(([key, value]) => [key, JSON.stringify(value)]);
  const chunks = safetensorsChunks(tensors, { crc32: '0'.repeat(DIGITS), ...Object.fromEntries(texts) });
  const checksum = chunks.reduce((crc, chunk) => crc32(chunk, crc), 0);
  const digits = checksumDigits(chunks[0]!);
  digits!.write(checksum.toString(16).padStart(DIGITS, '0'), 'latin1');
  await writeFile(path, chunks);
}

/** @throws InputError when the file cannot be read, is damaged, or is not a checkpoint of a training. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await readFile(path);
  return within(path, () => decodeCheckpoint(path, bytes));
}

/** Overwrites the checksum's digits in `bytes` with zeros. @throws InputError as {@link readCheckpoint}. */
export function decodeCheckpoint(path: string, bytes: Uint8Array): Checkpoint {
  const digits = checksumDigits(bytes);
  if (!digits) throw new InputError('it is not a checkpoint of a training, or its beginning is damaged');
  const expected = digits.toString('latin1');
  digits.fill('0');
  if (crc32(bytes).toString(16).padStart(DIGITS, '0') !== expected) {
    throw new InputError('it is damaged: its content does not match its checksum');
  }
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { crc32: _, ...texts } = metadata;
  const values = Object.entries(texts).map(([key, text]) => [key, JSON.parse(text)]);
  const info = infoSchema.safeParse(Object.fromEntries(values));
  if (!info.success)
    throw new InputError('it was written by another version of Sextant and cannot be continued');
  return { path, info: info.data, tensors };
}

/** The checksum's digits, where they lie in a file's first bytes. Metadata come first in the header. */
function checksumDigits(bytes: Uint8Array): Buffer | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = buffer.subarray(0, 256).indexOf(CHECKSUM);
  const start = at + CHECKSUM.length;
  return at < 0 || start + DIGITS > buffer.length ? undefined : buffer.subarray(start, start + DIGITS);
}

/** One component's tensors by their own paths, for `module.loadStateDict`. */
export function componentTensors(checkpoint: Checkpoint, component: string): Map<string, NDArray> {
  const prefix = `${component}/`;
  return new Map(
    [...checkpoint.tensors].flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
    ),
  );
}

/**
 * Sets every variable of `state` to a copy of its tensor in the checkpoint.
 *
 * @throws InputError, and changes nothing, when variables and tensors do not match one to one.
 */
export function restoreState(state: State, checkpoint: Checkpoint): void {
  const variables = variablesOf(state);
  const problems = [...checkpoint.tensors.keys()].flatMap((name) =>
    variables.has(name) ? [] : [`${name} is in the file only`],
  );
  for (const [name, variable] of variables) {
    const tensor = checkpoint.tensors.get(name);
    if (!tensor) problems.push(`${name} is not in the file`);
    else if (tensor.dtype !== variable.dtype || tensor.shape.join() !== variable.shape.join()) {
      problems.push(`${name} is ${spec(tensor)} in the file, ${spec(variable)} here`);
    }
  }
  if (problems.length > 0) {
    throw new InputError(`${checkpoint.path} does not fit this configuration: ${problemsText(problems)}`);
  }
  for (const [name, variable] of variables) {
    const { data, shape, dtype } = checkpoint.tensors.get(name)!;
    variable.value = new NDArray(data.slice() as never, shape, dtype);
  }
}

/** The first variable that holds a NaN or an infinity, as `component/path`. */
export function findNotFinite(state: State): string | undefined {
  for (const [name, { value }] of variablesOf(state)) {
    if (value.dtype !== 'float32' && value.dtype !== 'float64') continue;
    const data = value.data as Float32Array;
    for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return name;
  }
  return undefined;
}

/** Every variable once, under `component/path`. */
function variablesOf(state: State): Map<string, Variable> {
  const found = new Map<string, Variable>();
  const seen = new Set<Variable>();
  for (const [component, stateful] of Object.entries(state)) {
    for (const [path, variable] of stateful.namedVariables()) {
      if (seen.has(variable)) continue;
      seen.add(variable);
      found.set(`${component}/${path}`, variable);
    }
  }
  return found;
}

const spec = ({ dtype, shape }: { dtype: string; shape: readonly number[] }): string =>
  `${dtype} [${shape.join(', ')}]`;
