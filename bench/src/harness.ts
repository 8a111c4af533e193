/**
 * @module Runs a case: every side in a process of its own, in turn (A B A B …), so that whatever else the
 * machine does falls on all alike.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Command, Ready, Reply, Side } from './case.js';
import { Absent, Child } from './child.js';

/** What came of one side. */
export interface Lane {
  readonly side: Side;
  /** Milliseconds of each run that counts. */
  readonly times: number[];
  peakRssMb?: number;
  /** Of the first run of all. */
  digest?: number;
  note?: string;
  versions: Readonly<Record<string, string>>;
  /** Why there are no times. */
  missing?: { readonly reason: string; readonly failed: boolean };
}

export interface CaseResult {
  readonly measured: Case;
  readonly lanes: readonly Lane[];
}

/** What the harness asks of a process. */
export interface Runner {
  run(): Promise<Reply>;
  close(): Promise<void>;
}

export type Start = (command: Command) => Promise<{ child: Runner; ready: Ready }>;

/** Pause after a run: threads of the side that just ran spin for a while before they sleep. */
const SETTLE_MS = 50;

/** Runs cases one after the other, and remembers which preparations are done. */
export class Harness {
  private readonly prepared = new Map<string, Promise<void>>();

  constructor(
    private readonly start: Start = Child.start,
    private readonly settleMs = SETTLE_MS,
  ) {}

  async run(measured: Case): Promise<CaseResult> {
    const lanes: Lane[] = measured.sides.map((side) => ({ side, times: [], versions: {} }));
    const running = new Map<Lane, Runner>();
    try {
      for (let round = -measured.warmUp; round < measured.rounds; round++) {
        for (const lane of lanes) {
          if (lane.missing || lanes[0]!.missing) continue;
          try {
            const runner = running.get(lane) ?? (await this.startLane(lane));
            running.set(lane, runner);
            const { ms, peakRssMb, digest } = await runner.run();
            if (round >= 0) lane.times.push(ms);
            if (peakRssMb !== undefined) lane.peakRssMb = Math.max(lane.peakRssMb ?? 0, peakRssMb);
            if (digest !== undefined) lane.digest ??= digest;
          } catch (error) {
            lane.missing = { reason: (error as Error).message, failed: !(error instanceof Absent) };
          }
          if (measured.fresh || lane.missing) {
            await running.get(lane)?.close();
            running.delete(lane);
          }
          await sleep(this.settleMs);
        }
      }
    } finally {
      await Promise.all([...running.values()].map((runner) => runner.close()));
    }
    return { measured, lanes };
  }

  private async startLane(lane: Lane): Promise<Runner> {
    for (const command of lane.side.needs ?? []) await this.prepare(command);
    const { child, ready } = await this.start(lane.side.command);
    lane.versions = ready.versions;
    if (ready.note) lane.note = ready.note;
    return child;
  }

  private prepare(command: Command): Promise<void> {
    const key = JSON.stringify(command);
    const known = this.prepared.get(key) ?? this.start(command).then(({ child }) => child.close());
    this.prepared.set(key, known);
    return known;
  }
}
