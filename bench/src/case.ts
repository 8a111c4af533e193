/**
 * @module What is measured, as data: cases, and the sides that each case compares.
 */

/** What a side's process is told, as JSON in its only argument. */
export interface JobOptions {
  /** Which of the script's jobs. */
  readonly job: string;
  readonly threads: number;
  /** A folder for files that sides make for each other. */
  readonly folder: string;
  /** What the job wants to know besides. */
  readonly [option: string]: unknown;
}

/** What all processes of a run have in common. */
export interface Setting {
  readonly threads: number;
  readonly folder: string;
  /** The interpreter of Python peers. */
  readonly python: string;
}

/** How a process is started: without a shell. */
export interface Command {
  readonly executable: string;
  readonly script: string;
  readonly options: JobOptions;
  /** How to get what the command needs, where it says that something is missing. */
  readonly install?: string;
}

/** One competitor in a case: a process of its own. */
export interface Side {
  readonly name: string;
  /** `peak` is no competitor but a yardstick: the machine's speed at matrix products. */
  readonly role: 'ours' | 'peer' | 'peak';
  readonly command: Command;
  /** Commands that must have come ready once before: they make the files that this side reads. */
  readonly needs?: readonly Command[];
  /** Floating-point operations of one run. */
  readonly flops?: number;
}

/** A piece of work that every side does. The first side is ours: without it the case is skipped. */
export interface Case {
  readonly name: string;
  readonly title: string;
  readonly sides: readonly Side[];
  /** Runs that count, of each side. */
  readonly rounds: number;
  /** Runs before them that do not. */
  readonly warmUp: number;
  /** Whether every run has a process of its own, because only the first run of a process counts. */
  readonly fresh?: boolean;
  /** Seconds of audio that one run makes. */
  readonly audioSeconds?: number;
}

/** What a side answers to a run. */
export interface Reply {
  readonly ms: number;
  /** Peak resident memory of the side's process so far, in MiB; undefined where it does not tell. */
  readonly peakRssMb?: number | undefined;
  /** A number that depends on the run's result: sides that do the same work agree on it. */
  readonly digest?: number;
}

/** What a side says when it has prepared its work. */
export interface Ready {
  /** Versions of what it runs on. */
  readonly versions: Readonly<Record<string, string>>;
  /** What a reader of its figures must know. */
  readonly note?: string;
}
