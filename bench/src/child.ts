/**
 * @module A side's process, as the harness sees it. It speaks JSON lines: first `{"ready": …}` or `{"skipped": why}`,
 * then for every `{"run": n}` it gets a {@link Reply} or `{"error": why}`. It ends when its input does.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Command, Ready, Reply } from './case.js';

/** What a side needs is not there: the reason, and nobody's fault. */
export class Absent extends Error {}

/** Characters of a process's complaints that are kept. */
const TAIL = 2000;

export class Child {
  private runs = 0;
  private complaints = '';
  private readonly lines: AsyncIterator<string>;

  private constructor(private readonly process: ChildProcessWithoutNullStreams) {
    process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.complaints = (this.complaints + text).slice(-TAIL);
    });
    // A process that ended early is noticed when its answer is missing.
    process.stdin.on('error', () => undefined);
    this.lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  }

  /**
   * Starts a process and waits until it is ready.
   *
   * @throws Absent when it, or what it needs, is not installed.
   * @throws Error when it ends or breaks the protocol.
   */
  static async start({ executable, script, options }: Command): Promise<{ child: Child; ready: Ready }> {
    const process = spawn(executable, [script, JSON.stringify(options)]);
    try {
      await once(process, 'spawn');
    } catch (error) {
      throw new Absent(`${executable} could not be started (${(error as NodeJS.ErrnoException).code})`);
    }
    const child = new Child(process);
    const { ready, skipped } = await child.answer();
    if (ready) return { child, ready: ready as Ready };
    await child.close();
    throw skipped === undefined ? new Error('said neither ready nor skipped') : new Absent(String(skipped));
  }

  /** One run. @throws Error when the side reports one, ends, or breaks the protocol. */
  async run(): Promise<Reply> {
    this.process.stdin.write(`${JSON.stringify({ run: this.runs++ })}\n`);
    const reply = await this.answer();
    if (typeof reply.ms !== 'number') throw new Error(String(reply.error ?? 'answered without a time'));
    return reply as unknown as Reply;
  }

  /** Lets the process end, and waits for it. */
  async close(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.stdin.end();
    await ended;
  }

  private async answer(): Promise<Record<string, unknown>> {
    const { done, value } = await this.lines.next();
    if (done) {
      const said = this.complaints.trim().split('\n');
      const why = said.findLast((line) => /Error/.test(line)) ?? said.at(-1);
      throw new Error(`its process ended${why ? `: ${why}` : ''}`);
    }
    try {
      return JSON.parse(value) as Record<string, unknown>;
    } catch {
      throw new Error(`said ${JSON.stringify(value.slice(0, 80))} instead of JSON`);
    }
  }
}
