/**
 * @module A log of JSON lines that a resumed training continues as if it had never stopped.
 */
import { appendFileSync, closeSync, fdatasync, openSync } from 'node:fs';
import { readFile, truncate } from 'node:fs/promises';
import { promisify } from 'node:util';
import { fileError } from '@sextant/io';

const NEWLINE = 0x0a;

/** A file of lines `{"step": n, …}` in the order of their steps. */
export class StepLog {
  private constructor(
    private readonly path: string,
    private readonly file: number,
  ) {}

  /**
   * Opens a log and cuts off its lines of later steps than `step`, and a last line that is not whole.
   *
   * @throws InputError when the file cannot be read or written.
   */
  static async open(path: string, step: number): Promise<StepLog> {
    try {
      const file = openSync(path, 'a');
      await truncate(path, lengthUpTo(await readFile(path), step));
      return new StepLog(path, file);
    } catch (error) {
      throw fileError('write', path, error);
    }
  }

  /**
   * Adds a line. It has reached the operating system when the call returns, so a killed process loses none.
   *
   * @throws InputError when the disk is full.
   */
  append(line: { readonly step: number; readonly [key: string]: unknown }): void {
    try {
      appendFileSync(this.file, `${JSON.stringify(line)}\n`);
    } catch (error) {
      throw fileError('write', this.path, error);
    }
  }

  /** Flushes the lines to the disk. */
  async flush(): Promise<void> {
    await promisify(fdatasync)(this.file);
  }

  close(): void {
    closeSync(this.file);
  }
}

/** How many bytes the whole lines up to and with `step` take. */
function lengthUpTo(bytes: Buffer, step: number): number {
  let kept = 0;
  for (;;) {
    const end = bytes.indexOf(NEWLINE, kept);
    if (end < 0 || !(stepOf(bytes.toString('utf8', kept, end)) <= step)) return kept;
    kept = end + 1;
  }
}

/** A line's step; NaN for what is not a line of this log. */
function stepOf(line: string): number {
  try {
    return Number((JSON.parse(line) as { step?: unknown }).step);
  } catch {
    return Number.NaN;
  }
}
