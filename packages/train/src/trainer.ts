/**
 * @module The training loop: step, log, validate, save; and the way back into it after a stop.
 */
import { setImmediate } from 'node:timers/promises';
import { InputError } from '@sextant/io';
import { type CheckpointInfo, findNotFinite, restoreState, type State } from './checkpoint.js';
import { Averages, type Metrics, numbersOf } from './metrics.js';
import { Pace, type ProgressUpdate } from './progress.js';
import type { Run } from './run.js';
import { VERSION } from './version.js';

/** A place in the endless sequence of batches: a pass over the data and the items of it that are done. */
export interface Cursor {
  readonly epoch: number;
  readonly index: number;
}

/** A source of batches whose place can be saved and found again. */
export interface Seekable {
  /** Where the next batch begins. */
  readonly cursor: Cursor;
  seek(cursor: Cursor): void;
}

/** Which validation metric says that a model is better. */
export interface BestBy {
  readonly metric: string;
  /** Whether smaller is better (`min`, the default) or larger. */
  readonly goal?: 'min' | 'max';
}

export interface TrainOptions {
  readonly run: Run;
  /** Train until this many steps are done in all. The last one is always logged, validated and saved. */
  readonly steps: number;
  /** Does step `n` (from 1) and returns what is to be averaged in the log. */
  readonly step: (n: number) => Promise<Metrics>;
  /** Everything that `step` changes: models, optimisers, random number generators. */
  readonly state: State;
  /** Where `step` takes its batches from. */
  readonly loader?: Seekable;
  /** Steps between lines of averages (100). */
  readonly logEvery?: number;
  /** Steps between checkpoints (1000). */
  readonly checkpointEvery?: number;
  /** Steps between validations (`checkpointEvery`). */
  readonly validateEvery?: number;
  /** Measures the model after step `n`. It must leave `state` as it is. */
  readonly validate?: (n: number) => Promise<Metrics>;
  /** Saves a checkpoint whenever a validation is the best so far, and keeps it. */
  readonly best?: BestBy;
  /** When aborted: finishes the step, saves and returns. See `interruptSignal`. */
  readonly signal?: AbortSignal;
  /** Items in a step's batches, for the speed shown. */
  readonly itemsPerStep?: number;
  readonly onProgress?: (update: ProgressUpdate) => void;
  /** Receives lines for the user: where training continues, a damaged checkpoint, how to resume. */
  readonly onMessage?: (line: string) => void;
  /** The command that continues this run, for the message after an interruption. */
  readonly resumeCommand?: string;
}

/** How a training ended. */
export interface TrainResult {
  /** Steps done in all. */
  readonly step: number;
  /** False when `signal` stopped it before the last step. */
  readonly finished: boolean;
  readonly best?: NonNullable<CheckpointInfo['best']>;
}

/**
 * Trains until `steps` steps are done, from the run's newest whole checkpoint if it has one.
 *
 * A training that is stopped at any instant, also by `kill -9`, and continued gives the same `metrics.jsonl`
 * and the same weights, byte for byte, as one that was not, if `step` and `validate` depend on nothing but
 * `n`, `state` and the loader's batches.
 *
 * @throws InputError when a metric, or a variable that is to be saved, is not finite (the checkpoint before
 *   stays), when a checkpoint does not fit `state`, or when the disk is full.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { run, steps, state, loader, validate, signal, itemsPerStep = 1 } = options;
  const { logEvery = 100, checkpointEvery = 1000, validateEvery = checkpointEvery } = options;
  const { onProgress = () => {}, onMessage = () => {} } = options;

  const from = await restore(options, onMessage);
  const averages = new Averages(from?.averages);
  let best = from?.best;
  let step = from?.step ?? 0;
  await run.begin(step);
  const pace = new Pace();
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;

  while (step < steps && !signal?.aborted) {
    step++;
    const due = (every: number) => step === steps || step % every === 0;
    const metrics = await finite(await options.step(step), step, run);
    averages.add(metrics);
    if (due(logEvery)) {
      run.log(step, 'train', averages.take());
      run.logTiming(step, timingOf(elapsed(), pace, itemsPerStep));
    }
    if (validate && due(validateEvery)) {
      const results = await finite(await validate(step), step, run);
      run.log(step, 'validation', results);
      if (options.best && isBetter(options.best, results, best)) {
        best = { metric: options.best.metric, value: results[options.best.metric]!, step };
      }
    }
    pace.tick(elapsed());
    onProgress(progressOf(step, steps, metrics, elapsed(), pace, itemsPerStep, loader?.cursor));
    // Signals, timers and workers get their turn even where a step never waits for the event loop. Between here
    // and the loop's condition nothing waits unless it saves: what a signal stops is saved.
    await setImmediate();
    if (due(checkpointEvery) || best?.step === step || signal?.aborted) {
      const broken = findNotFinite(state);
      if (broken) throw await diverged(run, step, `${broken} is no longer finite`);
      await run.flush();
      await run.checkpoints.save(state, {
        sextant: VERSION,
        config: run.configHash,
        step,
        cursor: loader?.cursor,
        best,
        averages: averages.toJSON(),
      });
    }
  }
  const finished = step >= steps;
  if (!finished) {
    const how = options.resumeCommand ? `: ${options.resumeCommand}` : ' with --resume';
    onMessage(`Stopped after step ${step}. Everything is saved in ${run.folder}; continue${how}`);
  }
  return { step, finished, ...(best ? { best } : {}) };
}

/** Puts `state` and the loader back to where the newest whole checkpoint has them. */
async function restore(
  { run, state, loader }: TrainOptions,
  onMessage: (line: string) => void,
): Promise<CheckpointInfo | undefined> {
  const checkpoint = await run.checkpoints.newest(onMessage);
  if (!checkpoint) {
    if (run.resumed) onMessage(`${run.folder} has no checkpoint: beginning at step 0`);
    return undefined;
  }
  const { info } = checkpoint;
  restoreState(state, checkpoint);
  if (info.cursor) loader?.seek(info.cursor);
  if (info.config !== run.configHash) {
    onMessage(`config.json has changed since step ${info.step}: from here on the new one counts`);
  }
  onMessage(`Continuing ${run.folder} after step ${info.step}`);
  return info;
}

/** The metrics as numbers. @throws InputError, which tells where training can continue, when one is not finite. */
async function finite(metrics: Metrics, step: number, run: Run): Promise<Record<string, number>> {
  const numbers = numbersOf(metrics);
  const bad = Object.entries(numbers).find(([, value]) => !Number.isFinite(value));
  if (bad) throw await diverged(run, step, `${bad[0]} is ${bad[1]}`);
  return numbers;
}

async function diverged(run: Run, step: number, what: string): Promise<InputError> {
  const [kept] = await run.checkpoints.steps();
  const advice =
    kept === undefined
      ? 'no checkpoint was written before it; lower the learning rate and begin again'
      : `the last good checkpoint is ${run.checkpoints.path(kept)}; lower the learning rate in config.json and continue with --resume`;
  return new InputError(`step ${step}: ${what}; ${advice}`);
}

function isBetter(
  { metric, goal = 'min' }: BestBy,
  results: Record<string, number>,
  best: CheckpointInfo['best'],
) {
  const value = results[metric];
  if (value === undefined) throw new RangeError(`best: validate returned no ${metric}`);
  if (!best || best.metric !== metric) return true;
  return goal === 'min' ? value < best.value : value > best.value;
}

/** Rounded: more digits would be noise. */
function timingOf(elapsed: number, { stepsPerSecond }: Pace, itemsPerStep: number): Record<string, number> {
  return {
    seconds: Number(elapsed.toFixed(3)),
    ...(stepsPerSecond ? { itemsPerSecond: Number((stepsPerSecond * itemsPerStep).toPrecision(4)) } : {}),
  };
}

function progressOf(
  step: number,
  steps: number,
  metrics: Record<string, number>,
  elapsed: number,
  { stepsPerSecond }: Pace,
  itemsPerStep: number,
  cursor: Cursor | undefined,
): ProgressUpdate {
  return {
    step,
    steps,
    metrics,
    elapsed,
    ...(cursor ? { epoch: cursor.epoch } : {}),
    ...(stepsPerSecond
      ? { rate: stepsPerSecond * itemsPerStep, remaining: (steps - step) / stepsPerSecond }
      : {}),
  };
}
