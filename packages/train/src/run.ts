/**
 * @module A run: the folder that holds one training's configuration, checkpoints and logs.
 *
 * ```text
 * config.json        the configuration with every default filled in
 * metrics.jsonl      one line of averages per log or validation; the same bytes however often a run was resumed
 * timing.jsonl       speed, which differs from one time to the next
 * events.out.*       the same for TensorBoard
 * checkpoints/       step-00001000.safetensors …, latest, best
 * samples/           what a generator made after some steps
 * lock               while a training runs
 * ```
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, makeFolder, parseConfig, readFile, writeFile } from '@sextant/io';
import type { z } from 'zod';
import { CheckpointFolder } from './checkpoint-folder.js';
import { configHash } from './config.js';
import { acquireLock, type Lock } from './lock.js';
import { StepLog } from './step-log.js';
import { EventWriter } from './tensorboard.js';

/** What a run's folder may hold before the first checkpoint. */
const BEGUN = /^(config\.json|metrics\.jsonl|timing\.jsonl|events\.out\..*|checkpoints|samples)$/;

export interface RunOptions {
  /** How many of the newest checkpoints are kept beside the best (3). */
  readonly keep?: number;
}

export interface ResumeOptions<Config> extends RunOptions {
  /** Values that replace those of `config.json`, in the file too. */
  readonly changes?: Partial<Config>;
}

/** An open run folder, locked until {@link Run.close}. */
export class Run<Config = unknown> {
  readonly checkpoints: CheckpointFolder;
  /** Fingerprint of the configuration, stored in every checkpoint. */
  readonly configHash: string;
  private logs: { metrics: StepLog; timing: StepLog; events: EventWriter } | undefined;

  private constructor(
    readonly folder: string,
    readonly config: Config,
    /** Whether the folder held this run before. */
    readonly resumed: boolean,
    private readonly lock: Lock,
    { keep }: RunOptions,
  ) {
    this.checkpoints = new CheckpointFolder(join(folder, 'checkpoints'), keep);
    this.configHash = configHash(config);
  }

  /**
   * Begins a run in a new or empty folder, or in that of a run which has no checkpoint yet.
   *
   * @param schema - made of `z.strictObject`; defaults are filled in.
   * @throws InputError when the configuration does not fit the schema, or the folder holds anything else.
   */
  static async create<Config>(
    folder: string,
    schema: z.ZodType<Config>,
    config: unknown,
    options: RunOptions = {},
  ): Promise<Run<Config>> {
    const checked = parseConfig(schema, config, 'configuration');
    await makeFolder(folder);
    return withLock(folder, async (lock) => {
      const present = (await readdir(folder)).filter(
        (name) => !name.startsWith('.') && !name.startsWith('lock'),
      );
      const run = new Run(folder, checked, false, lock, options);
      const trained = (await run.checkpoints.steps()).length > 0;
      if (trained && present.includes('config.json')) {
        throw new InputError(
          `${folder} holds a training run already: continue it with --resume, or choose another folder`,
        );
      }
      // The folder of checkpoints is what a run makes first.
      const begun = present.includes('checkpoints') && !trained && present.every((name) => BEGUN.test(name));
      if (present.length > 0 && !begun) {
        throw new InputError(`${folder} holds files that are not a training run's: choose another folder`);
      }
      await run.prepare();
      await writeConfig(folder, checked);
      return run;
    });
  }

  /**
   * Opens a run to continue it, with the configuration of its `config.json` and `changes` of it.
   *
   * @throws InputError when the folder holds no run, the configuration does not fit the schema, or another
   *   training runs in it.
   */
  static async resume<Config>(
    folder: string,
    schema: z.ZodType<Config>,
    { changes = {}, ...options }: ResumeOptions<Config> = {},
  ): Promise<Run<Config>> {
    const path = join(folder, 'config.json');
    const names = await readdir(folder).catch(() => [] as string[]);
    if (!names.includes('config.json')) {
      throw new InputError(`${folder} holds no training run: leave out --resume to begin one`);
    }
    return withLock(folder, async (lock) => {
      const written = await readConfig(folder, schema);
      const config = parseConfig(schema, { ...written, ...changes }, path);
      const run = new Run(folder, config, true, lock, options);
      await run.prepare();
      if (Object.keys(changes).length > 0) await writeConfig(folder, config);
      return run;
    });
  }

  /** Makes the folder of checkpoints, or removes from it what killed writes have left behind. */
  private async prepare(): Promise<void> {
    await makeFolder(this.checkpoints.folder);
    await this.checkpoints.removeLeftovers();
  }

  /**
   * Opens the logs for a training that continues after `step` (0: from the start) and drops from them what
   * came later.
   */
  async begin(step: number): Promise<void> {
    this.logs = {
      metrics: await StepLog.open(join(this.folder, 'metrics.jsonl'), step),
      timing: await StepLog.open(join(this.folder, 'timing.jsonl'), step),
      events: new EventWriter(this.folder, step + 1),
    };
  }

  /** TensorBoard's file, for pictures and sounds. @throws Error before {@link Run.begin}. */
  get tensorboard(): EventWriter {
    return this.opened.events;
  }

  /**
   * Adds a line to `metrics.jsonl` and points to TensorBoard's curves.
   *
   * @param split - `train` or `validation`.
   */
  log(step: number, split: string, metrics: Readonly<Record<string, number>>): void {
    this.opened.metrics.append({ step, split, ...metrics });
    const tags = Object.entries(metrics).map(([name, value]) => [`${split}/${name}`, value] as const);
    this.opened.events.scalars(step, Object.fromEntries(tags));
  }

  /** Adds a line to `timing.jsonl` and points to TensorBoard's curves. */
  logTiming(step: number, timing: Readonly<Record<string, number>>): void {
    this.opened.timing.append({ step, ...timing });
    const tags = Object.entries(timing).map(([name, value]) => [`timing/${name}`, value] as const);
    this.opened.events.scalars(step, Object.fromEntries(tags));
  }

  /** Flushes the metrics to the disk, so that a checkpoint written next never outlives its metrics. */
  async flush(): Promise<void> {
    await this.opened.metrics.flush();
  }

  /** Closes the logs and gives the folder free. */
  async close(): Promise<void> {
    this.logs?.metrics.close();
    this.logs?.timing.close();
    this.logs?.events.close();
    this.logs = undefined;
    await this.lock.release();
  }

  private get opened() {
    if (!this.logs) throw new Error('Run: begin(step) opens the logs; it has not been called');
    return this.logs;
  }
}

async function withLock<T>(folder: string, open: (lock: Lock) => Promise<T>): Promise<T> {
  const lock = await acquireLock(join(folder, 'lock'));
  try {
    return await open(lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * The configuration of a run.
 *
 * @throws InputError when the folder holds none, or it does not fit the schema.
 */
export async function readConfig<Config>(folder: string, schema: z.ZodType<Config>): Promise<Config> {
  const path = join(folder, 'config.json');
  if (!existsSync(path)) throw new InputError(`${folder} is no run folder: it has no config.json`);
  return parseConfig(schema, parseJSON(await readFile(path), path), path);
}

async function writeConfig(folder: string, config: unknown): Promise<void> {
  const text = `${JSON.stringify(config, null, 2)}\n`;
  await writeFile(join(folder, 'config.json'), [Buffer.from(text)]);
}

function parseJSON(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new InputError(`${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
