/**
 * @module The file that a Node runtime's profile goes to.
 */
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { NOWHERE, TensorError } from '../errors.js';
import type { OrtSession } from './ort.js';
import { fromOrtEvents, type Profile, type TraceEvent } from './profile.js';

/** A session whose trace ONNX Runtime writes to a file of its own. */
interface ProfiledSession {
  readonly name: string;
  /** Start of that file's path; ONNX Runtime appends the time of day. */
  readonly prefix: string;
  /** When the session's clock started, in microseconds of ours. */
  readonly start: number;
  /** Set once it is created. */
  session?: OrtSession;
}

/** Files still to be completed when the process exits. */
const open = new Set<ProfileFile>();
process.once('exit', () => {
  for (const file of open) file.write();
});

/** Gathers the traces of a runtime's sessions into one file. */
export class ProfileFile {
  private readonly path: string;
  /** What the file is called until it is complete. */
  private readonly temporary: string;
  private readonly folder: string;
  private readonly sessions: ProfiledSession[] = [];

  /** @throws TensorError when the file cannot be written: better now than after the runs. */
  constructor(path: string) {
    this.path = resolve(path);
    this.temporary = join(dirname(this.path), `.${basename(this.path)}.${process.pid}`);
    this.folder = this.writing(() => {
      if (statSync(this.path, { throwIfNoEntry: false })?.isFile() === false) {
        throw new Error('it is not a regular file; give the path of a file');
      }
      writeFileSync(this.temporary, '');
      rmSync(this.temporary);
      return mkdtempSync(join(tmpdir(), 'sextant-profile-'));
    });
    open.add(this);
  }

  /** Starts the clock of a session about to be created; undefined when the profile is complete already. */
  begin(name: string): ProfiledSession | undefined {
    if (!open.has(this)) return undefined;
    const prefix = join(this.folder, `session${this.sessions.length}`);
    const profiled = { name, prefix, start: performance.now() * 1000 };
    this.sessions.push(profiled);
    return profiled;
  }

  /** Ends all sessions' profiling and completes the file, once. @throws TensorError when it cannot be written. */
  write(): void {
    if (!open.delete(this)) return;
    try {
      for (const { session } of this.sessions) session?.endProfiling();
      const files = readdirSync(this.folder);
      const traceEvents: readonly TraceEvent[] = this.sessions.flatMap(({ name, prefix, start }, i) => {
        const file = files.find((f) => f.startsWith(`${basename(prefix)}_`));
        return file ? fromOrtEvents(readFileSync(join(this.folder, file), 'utf8'), name, i, start) : [];
      });
      this.writing(() => {
        writeFileSync(this.temporary, JSON.stringify({ traceEvents } satisfies Profile));
        renameSync(this.temporary, this.path);
      });
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  private writing<T>(task: () => T): T {
    try {
      return task();
    } catch (error) {
      rmSync(this.temporary, { force: true });
      // Without what follows the reason: `…, open '/the/temporary/name'`.
      const reason = (error as Error).message.replace(/, \w+( '.*')?$/, '');
      throw new TensorError('profile', `cannot write ${this.path}: ${reason}`, NOWHERE);
    }
  }
}
