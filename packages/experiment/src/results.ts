/**
 * @module Results as lines of JSON, added one by one.
 */
import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder, readFile } from '@sextant/io';
import type { Figures } from './jobs.js';

export interface Result {
  /** Fingerprint of the job. */
  readonly key: string;
  readonly row: string;
  readonly seed: number;
  readonly settings: unknown;
  readonly figures: Figures;
}

/** A file of results. A line is added by a single write; one that a crash cut short counts as missing. */
export class ResultsFile {
  private constructor(
    private readonly path: string,
    private readonly results: Map<string, Figures>,
    /** Whether the file ends within a line. */
    private torn: boolean,
  ) {}

  /** Reads the file, or begins a new one in a folder that is made. @throws InputError when that is not possible. */
  static async open(path: string): Promise<ResultsFile> {
    await makeFolder(dirname(path));
    const text = existsSync(path) ? Buffer.from(await readFile(path)).toString('utf8') : '';
    const results = text.split('\n').flatMap((line) => {
      const result = parsed(line);
      return result ? [[result.key, result.figures] as const] : [];
    });
    return new ResultsFile(path, new Map(results), text !== '' && !text.endsWith('\n'));
  }

  get(key: string): Figures | undefined {
    return this.results.get(key);
  }

  async add(result: Result): Promise<void> {
    await appendFile(this.path, `${this.torn ? '\n' : ''}${JSON.stringify(result)}\n`, { flush: true });
    this.torn = false;
    this.results.set(result.key, result.figures);
  }
}

function parsed(line: string): Result | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as Result);
  } catch {
    return undefined;
  }
}
