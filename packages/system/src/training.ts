/**
 * @module What the `train` verbs of all systems have in common: a run folder, a progress line, Ctrl-C, a last line.
 */
import { join, resolve } from 'node:path';
import { interruptSignal, Progress, Run, type TrainOptions, type TrainResult } from '@sextant/train';
import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { type DeviceOptions, nonNegativeInteger, onDevice, printResult, withDevice } from './command.js';

/** Options of every `train` verb. */
export interface TrainVerbOptions extends DeviceOptions {
  readonly output: string;
  readonly resume?: boolean;
  readonly seed?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Lines for the user while a training begins and goes on. */
export type Say = (line: string) => void;

/** What `train` functions take of a verb beside their own. */
export type TrainCallbacks = Pick<TrainOptions, 'onMessage' | 'onProgress' | 'resumeCommand' | 'signal'>;

/** Adds what every training takes; a verb's own options stand between. */
export function withTraining(
  command: Command,
  { resume, addOptions }: { readonly resume: string; addOptions(command: Command): Command },
): Command {
  const own = withDevice(command)
    .requiredOption('-o, --output <run>', 'run folder')
    .option('--resume', resume);
  return addOptions(own)
    .addOption(
      new Option('--seed <n>', 'seed of everything random').argParser(nonNegativeInteger).conflicts('resume'),
    )
    .option('--quiet', 'no progress, only warnings')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExits with 130 after Ctrl-C, 143 after SIGTERM and 129 after SIGHUP, when everything is saved.',
    );
}

export interface TrainVerb<Begun extends { readonly run: Run }> {
  /** The command, for the line that says how to continue: `vocoder train`. */
  readonly name: string;
  /** What a step's items are, for the speed shown: `pictures`. */
  readonly unit: string;
  /** Opens or continues a run, and the data that it needs. */
  begin(say: Say): Promise<Begun>;
  train(begun: Begun, callbacks: Required<TrainCallbacks>): Promise<TrainResult>;
  /** Closes what `begin` opened beside the run. */
  end?(begun: Begun): Promise<void>;
  /** More for the result as JSON. */
  details?(begun: Begun): Readonly<Record<string, unknown>>;
}

/** Carries a `train` verb out on the device that its options ask for. */
export const runTraining = <Begun extends { readonly run: Run }>(
  options: TrainVerbOptions,
  verb: TrainVerb<Begun>,
): Promise<void> => onDevice(options, () => carryOut(options, verb));

async function carryOut<Begun extends { readonly run: Run }>(
  { output, quiet = false, json }: TrainVerbOptions,
  { name, unit, begin, train, end, details }: TrainVerb<Begun>,
): Promise<void> {
  const progress = new Progress({ unit, quiet });
  let begun: Begun | undefined;
  try {
    begun = await begin(progress.say);
    const interrupt = interruptSignal(() => progress.say('Finishing this step …'));
    try {
      const result = await train(begun, {
        signal: interrupt.signal,
        onProgress: progress.update,
        onMessage: progress.say,
        resumeCommand: `sextant ${name} --resume -o ${output}`,
      });
      progress.close();
      const { folder } = begun.run;
      printResult(json, { run: folder, ...details?.(begun), ...result }, () => {
        const best = result.best
          ? `, best ${result.best.metric} ${result.best.value.toFixed(4)} at step ${result.best.step}`
          : '';
        return `${folder}: step ${result.step}${best}`;
      });
      if (!result.finished && interrupt.exitCode !== undefined) process.exitCode = interrupt.exitCode;
    } finally {
      interrupt.dispose();
    }
  } finally {
    progress.close();
    if (begun) {
      await end?.(begun);
      await begun.run.close();
    }
  }
}

/** Options that may be absent, by the names of what they change in a configuration. */
export type Changes<Config> = { readonly [K in keyof Config]?: Config[K] | undefined };

/** Continues a run with what the command line changes of its configuration, and says what that is. */
export async function resumeRun<Config>(
  folder: string,
  schema: z.ZodType<Config>,
  options: Changes<NoInfer<Config>>,
  say: Say,
): Promise<Run<Config>> {
  const changes = given<Config>(options);
  const run = await Run.resume(folder, schema, { changes });
  const now = Object.entries(changes).map(([name, value]) => `${name} is now ${value}`);
  if (now.length > 0) say(`${join(folder, 'config.json')}: ${now.join(', ')}`);
  return run;
}

/** The entries of an object that have a value. */
export const given = <T>(values: Changes<T>): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;

/** An optional path of the command line as configurations keep it. */
export const absolute = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : resolve(path);
