/**
 * @module `sextant forecast train`
 */
import { join, resolve } from 'node:path';
import { InputError } from '@sextant/io';
import {
  type DeviceOptions,
  nonNegativeInteger,
  onDevice,
  positiveInteger,
  printResult,
  withDevice,
} from '@sextant/system';
import { interruptSignal, Progress, Run, readConfig } from '@sextant/train';
import { Command, Option } from 'commander';
import { type TrainConfig, TrainSchema } from '../config.js';
import { configure } from '../configure.js';
import { seasonsOf } from '../forecaster.js';
import { requireFrequency } from '../infer.js';
import { PRESETS, type PresetName } from '../presets.js';
import { type ReadTable, readAs } from '../read.js';
import { withoutLast } from '../series.js';
import { trainNetwork } from '../train.js';
import {
  DATA_ARGUMENT,
  describeTable,
  readConfigOf,
  type TableOptions,
  tableLines,
  withTable,
} from './table-options.js';

interface TrainCommandOptions extends DeviceOptions, TableOptions {
  readonly output: string;
  readonly preset: PresetName;
  readonly horizon?: number;
  readonly history?: number;
  readonly testSteps?: number;
  readonly resume?: boolean;
  readonly steps?: number;
  readonly batchSize?: number;
  readonly seed?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const trainCommand = (): Command => {
  const command = withDevice(new Command('train'))
    .summary('train a network on a table of series')
    .description(
      'Trains one network on all series of a table, into a run folder that --resume continues exactly. Ctrl-C saves. ' +
        'Edit config.json in the run folder to change anything between sessions.',
    )
    .argument('[data]', `${DATA_ARGUMENT}; not needed with --resume`)
    .requiredOption('-o, --output <run>', 'run folder')
    .addOption(
      new Option('--preset <name>', 'configuration to begin with')
        .choices(Object.keys(PRESETS))
        .default('small')
        .conflicts('resume'),
    )
    .addOption(
      beginning('--horizon <steps>', 'steps that it forecasts at most (default: 2 of the shortest season)'),
    )
    .addOption(beginning('--history <steps>', 'steps that it sees (default: 7 of the shortest season)'))
    .addOption(
      beginning('--test-steps <steps>', 'steps at the end of every series that it never sees, for backtest'),
    )
    .option('--resume', 'continue the run; DATA, --steps and --batch-size change its config.json')
    .option('--steps <n>', 'updates of the network', positiveInteger)
    .option('--batch-size <n>', 'windows per step', positiveInteger)
    .addOption(
      new Option('--seed <n>', 'seed of weights and windows')
        .argParser(nonNegativeInteger)
        .conflicts('resume'),
    );
  return withTable(command)
    .option('--quiet', 'no progress, only warnings')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExits with 130 after Ctrl-C, 143 after SIGTERM and 129 after SIGHUP, when everything is saved.',
    )
    .action((data: string | undefined, options: TrainCommandOptions) =>
      onDevice(options, () => runTraining(data, options)),
    );
};

const beginning = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(positiveInteger).conflicts('resume');

async function runTraining(data: string | undefined, options: TrainCommandOptions): Promise<void> {
  const progress = new Progress({ unit: 'windows', quiet: options.quiet ?? false });
  const { run, table } = await (options.resume
    ? resumeRun(data, options, progress.say)
    : createRun(data, options));
  const interrupt = interruptSignal(() => progress.say('Finishing this step …'));
  try {
    const { result } = await trainNetwork({
      run,
      table: withoutLast(table, run.config.testSteps ?? 0),
      signal: interrupt.signal,
      onProgress: progress.update,
      onMessage: progress.say,
      resumeCommand: `sextant forecast train --resume -o ${options.output}`,
    });
    progress.close();
    printResult(options.json, { run: run.folder, table: describeTable(table), ...result }, () => {
      const best = result.best
        ? `, best ${result.best.metric} ${result.best.value.toFixed(4)} at step ${result.best.step}`
        : '';
      return `${run.folder}: step ${result.step}${best}`;
    });
    if (!result.finished) process.exitCode = interrupt.exitCode;
  } finally {
    progress.close();
    interrupt.dispose();
    await run.close();
  }
}

interface Begun {
  readonly run: Run<TrainConfig>;
  readonly table: ReadTable;
}

/** Begins a run. Its folder is made when the data have been found good. */
async function createRun(data: string | undefined, options: TrainCommandOptions): Promise<Begun> {
  if (data === undefined) {
    throw new InputError('DATA is missing: give the table to train on, or --resume to continue a run');
  }
  const { output, testSteps = 0, quiet } = options;
  const read = readConfigOf(options);
  const table = await readAs(data, read);
  if (!quiet) process.stderr.write(`${tableLines(table)}\n`);
  const known = withoutLast(table, testSteps);
  const config: TrainConfig = {
    ...configure(known, seasonsOf(table), options),
    data: pathOf(data),
    ...(Object.keys(read).length > 0 && { read }),
    ...(testSteps > 0 && { testSteps }),
  };
  if (!quiet) process.stderr.write(`history: ${config.history} steps, horizon: ${config.horizon} steps\n`);
  return { run: await Run.create(output, TrainSchema, config), table };
}

/** As a run's configuration keeps it, for any working directory; `-` stays standard input. */
const pathOf = (data: string): string => (data === '-' ? data : resolve(data));

/** Continues a run, with what the command line changes of its configuration. */
async function resumeRun(
  data: string | undefined,
  { output, steps, batchSize, ...options }: TrainCommandOptions,
  say: (line: string) => void,
): Promise<Begun> {
  if (Object.keys(readConfigOf(options)).length > 0) {
    throw new InputError(
      `--resume reads the table as ${output} was begun: leave out how it is read, or change ${join(output, 'config.json')}`,
    );
  }
  const changes: Partial<TrainConfig> = {
    ...(data !== undefined && { data: pathOf(data) }),
    ...(steps !== undefined && { steps }),
    ...(batchSize !== undefined && { batchSize }),
  };
  const before = { ...(await readConfig(output, TrainSchema)), ...changes };
  const table = await readAs(before.data, before.read ?? {});
  if (before.series.some((id, i) => table.series[i]?.id !== id)) {
    throw new InputError(`${before.data} holds other series than ${output} was begun with`);
  }
  requireFrequency(before, table);
  const run = await Run.resume(output, TrainSchema, { changes });
  const now = Object.entries(changes).map(([name, value]) => `${name} is now ${value}`);
  if (now.length > 0) say(`${join(output, 'config.json')}: ${now.join(', ')}`);
  return { run, table };
}
