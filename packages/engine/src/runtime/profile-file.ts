/**
 * @module The file that a Node runtime's profile goes to.
 */
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
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
  private readonly folder: string;
  private readonly sessions: ProfiledSession[] = [];

  /** @throws Error when the file cannot be written: better now than after the runs. */
  constructor(path: string) {
    this.path = resolve(path);
    this.save([]);
    this.folder = mkdtempSync(join(tmpdir(), 'sextant-profile-'));
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

  /** Ends all sessions' profiling and completes the file, once. */
  write(): void {
    if (!open.delete(this)) return;
    for (const { session } of this.sessions) session?.endProfiling();
    const files = readdirSync(this.folder);
    const events = this.sessions.flatMap(({ name, prefix, start }, i) => {
      const file = files.find((f) => f.startsWith(`${basename(prefix)}_`));
      return file ? fromOrtEvents(readFileSync(join(this.folder, file), 'utf8'), name, i, start) : [];
    });
    this.save(events);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private save(traceEvents: readonly TraceEvent[]): void {
    const temporary = join(dirname(this.path), `.${basename(this.path)}.${process.pid}`);
    try {
      writeFileSync(temporary, JSON.stringify({ traceEvents } satisfies Profile));
      renameSync(temporary, this.path);
    } catch (error) {
      throw new Error(`profile: cannot write ${this.path}: ${(error as Error).message}`, { cause: error });
    }
  }
}
