/**
 * @module `sextant forecast train`
 */
import { join, resolve } from 'node:path';
import { InputError } from '@sextant/io';
import {
  given,
  positiveInteger,
  resumeRun,
  runTraining,
  type Say,
  type TrainVerbOptions,
  withTraining,
} from '@sextant/system';
import { Run, readConfig } from '@sextant/train';
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

interface TrainCommandOptions extends TrainVerbOptions, TableOptions {
  readonly preset: PresetName;
  readonly horizon?: number;
  readonly history?: number;
  readonly testSteps?: number;
  readonly steps?: number;
  readonly batchSize?: number;
}

export const trainCommand = (): Command =>
  withTraining(
    new Command('train')
      .summary('train a network on a table of series')
      .description(
        'Trains one network on all series of a table, into a run folder that --resume continues exactly. Ctrl-C saves. ' +
          'Edit config.json in the run folder to change anything between sessions.',
      )
      .argument('[data]', `${DATA_ARGUMENT}; not needed with --resume`),
    {
      resume: 'continue the run; DATA, --steps and --batch-size change its config.json',
      addOptions: (command) =>
        withTable(
          command
            .addOption(
              new Option('--preset <name>', 'configuration to begin with')
                .choices(Object.keys(PRESETS))
                .default('small')
                .conflicts('resume'),
            )
            .addOption(
              beginning(
                '--horizon <steps>',
                'steps that it forecasts at most (default: 2 of the shortest season)',
              ),
            )
            .addOption(
              beginning('--history <steps>', 'steps that it sees (default: 7 of the shortest season)'),
            )
            .addOption(
              beginning(
                '--test-steps <steps>',
                'steps at the end of every series that it never sees, for backtest',
              ),
            )
            .option('--steps <n>', 'updates of the network', positiveInteger)
            .option('--batch-size <n>', 'windows per step', positiveInteger),
        ),
    },
  ).action((data: string | undefined, options: TrainCommandOptions) =>
    runTraining(options, {
      name: 'forecast train',
      unit: 'windows',
      begin: (say) => (options.resume ? continued(data, options, say) : begun(data, options)),
      async train({ run, table }, callbacks) {
        const { result } = await trainNetwork({
          run,
          table: withoutLast(table, run.config.testSteps ?? 0),
          ...callbacks,
        });
        return result;
      },
      details: ({ table }) => ({ table: describeTable(table) }),
    }),
  );

const beginning = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(positiveInteger).conflicts('resume');

interface Begun {
  readonly run: Run<TrainConfig>;
  readonly table: ReadTable;
}

/** Begins a run. Its folder is made when the data have been found good. */
async function begun(data: string | undefined, options: TrainCommandOptions): Promise<Begun> {
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
async function continued(
  data: string | undefined,
  { output, steps, batchSize, ...options }: TrainCommandOptions,
  say: Say,
): Promise<Begun> {
  if (Object.keys(readConfigOf(options)).length > 0) {
    throw new InputError(
      `--resume reads the table as ${output} was begun: leave out how it is read, or change ${join(output, 'config.json')}`,
    );
  }
  const changes = given<Pick<TrainConfig, 'data' | 'steps' | 'batchSize'>>({
    data: data === undefined ? undefined : pathOf(data),
    steps,
    batchSize,
  });
  const before = { ...(await readConfig(output, TrainSchema)), ...changes };
  const table = await readAs(before.data, before.read ?? {});
  if (before.series.some((id, i) => table.series[i]?.id !== id)) {
    throw new InputError(`${before.data} holds other series than ${output} was begun with`);
  }
  requireFrequency(before, table);
  return { run: await resumeRun(output, TrainSchema, changes, say), table };
}
