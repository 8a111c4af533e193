/**
 * @module What all verbs of the command line have in common: devices, threads, profiles, results.
 */
import { createRuntime, NODE_DEVICES, type RuntimeOptions, setDefaultRuntime } from '@sextant/engine';
import { onExit } from '@sextant/io';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Options of verbs that run programs. */
export interface DeviceOptions {
  readonly device?: NonNullable<RuntimeOptions['device']>;
  readonly threads?: number;
  readonly profile?: string;
}

/** Adds `--device`, `--threads` and `--profile`. */
export function withDevice(command: Command): Command {
  return command
    .addOption(new Option('--device <name>', 'where to compute').choices(NODE_DEVICES))
    .option('--threads <n>', 'threads per operation (default: all cores)', positiveInteger)
    .option(
      '--profile <file.json>',
      "write ONNX Runtime's trace with Sextant's operation names (Chrome format)",
      jsonFile,
    );
}

/**
 * Runs `task` on the device that the options ask for, and completes the profile if there is one, also when a signal
 * ends the process.
 */
export async function onDevice<T>(options: DeviceOptions, task: () => Promise<T>): Promise<T> {
  const { device, threads, profile } = options;
  const runtime = createRuntime({
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
    ...(profile === undefined ? {} : { profile }),
  });
  setDefaultRuntime(runtime);
  // Only then: a signal that is listened to waits until JavaScript runs again, and programs may keep it waiting.
  const completed = profile === undefined ? () => {} : onExit(() => runtime.endProfiling());
  try {
    return await task();
  } finally {
    completed();
    runtime.endProfiling();
  }
}

/** A path that is nothing else's: inputs and weights are no JSON. @throws InvalidArgumentError */
function jsonFile(path: string): string {
  if (!path.toLowerCase().endsWith('.json')) throw new InvalidArgumentError('Its name must end in .json.');
  return path;
}

/** Parses an option's value. @throws InvalidArgumentError, which the command line turns into a usage error. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}

/** Parses an option's value. @throws InvalidArgumentError */
export function nonNegativeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('It must be a whole number, 0 or above.');
  return value;
}

/** Parses an option's value. @throws InvalidArgumentError */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

/** Rows as text in columns: numbers to the right, words to the left. */
export function formatTable(rows: readonly Readonly<Record<string, string | number>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => columns.map((c) => String(row[c] ?? '')));
  const widths = columns.map((c, i) => Math.max(c.length, ...cells.map((row) => row[i]!.length)));
  const right = columns.map((c) => rows.some((row) => typeof row[c] === 'number'));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [line(columns), line(widths.map((w) => '─'.repeat(w))), ...cells.map(line)].join('\n');
}

/** Prints a result on stdout: as JSON where asked for, else as the text made for people. */
export function printResult(json: boolean | undefined, value: unknown, text: () => string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text()}\n`);
}
