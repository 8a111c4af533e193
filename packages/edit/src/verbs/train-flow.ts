/**
 * @module `sextant edit train-flow`
 */
import { resolve } from 'node:path';
import { InputError } from '@sextant/io';
import {
  absolute,
  given,
  positiveInteger,
  resumeRun,
  runTraining,
  type TrainVerbOptions,
  withTraining,
} from '@sextant/system';
import { Run } from '@sextant/train';
import { Command, Option } from 'commander';
import { readCodes } from '../flow/codes.js';
import { type FlowTrainConfig, FlowTrainSchema } from '../flow/config.js';
import { configureFlow, FLOW_PRESETS, type FlowPresetName } from '../flow/presets.js';
import { splitTraining, trainFlow } from '../flow/train.js';
import { attributeTableOf } from '../tables.js';

interface TrainFlowCommandOptions extends TrainVerbOptions {
  readonly preset: FlowPresetName;
  readonly table?: string;
  readonly epochs?: number;
  readonly batchSize?: number;
}

export const trainFlowCommand = (): Command =>
  withTraining(
    new Command('train-flow')
      .summary('train a flow on codes with what their pictures show')
      .description(
        'DATA is a folder with latents.npy [n, 1, rows, D], light.npy [n, 9] and attributes.npy [n, A]: of a generator of yours, or ' +
          'as made by `sextant edit codes`. Ctrl-C saves.',
      )
      .argument('[data]', 'folder of codes; not needed with --resume'),
    {
      resume: 'continue the run; DATA and --epochs change its config.json',
      addOptions: (command) =>
        command
          .addOption(
            new Option('--preset <name>', 'configuration to begin with')
              .choices(Object.keys(FLOW_PRESETS))
              .default('small')
              .conflicts('resume'),
          )
          .addOption(
            new Option(
              '--table <name>',
              'the attributes: faces, heads, or a .json file; without it those of table.json in DATA',
            ).conflicts('resume'),
          )
          .option('--epochs <n>', 'passes over the codes', positiveInteger)
          .addOption(
            new Option('--batch-size <n>', 'codes of a step').argParser(positiveInteger).conflicts('resume'),
          ),
    },
  ).action((data: string | undefined, options: TrainFlowCommandOptions) =>
    runTraining(options, {
      name: 'edit train-flow',
      unit: 'codes',
      begin: async (say) => ({
        run: await (options.resume
          ? resumeRun(options.output, FlowTrainSchema, { data: absolute(data), epochs: options.epochs }, say)
          : begun(data, options)),
      }),
      async train({ run }, callbacks) {
        const codes = await readCodes(run.config.data, run.config.table);
        const { result } = await trainFlow({ run, codes, ...callbacks });
        return result;
      },
    }),
  );

/** Begins a run. Its folder is made when the codes have been found good. */
async function begun(
  data: string | undefined,
  { output, preset, table, ...options }: TrainFlowCommandOptions,
): Promise<Run<FlowTrainConfig>> {
  if (data === undefined) {
    throw new InputError(
      'DATA is missing: give the folder of codes to train on, or --resume to continue a run',
    );
  }
  const attributes = await attributeTableOf(data, table);
  const codes = await readCodes(data, attributes);
  const { epochs, batchSize, seed } = options;
  const config: FlowTrainConfig = {
    ...configureFlow(preset, codes.w.shape[2]!, attributes),
    data: resolve(data),
    seed: seed ?? 0,
    ...given<Pick<FlowTrainConfig, 'epochs' | 'batchSize'>>({ epochs, batchSize }),
  };
  splitTraining(codes, config);
  return Run.create(output, FlowTrainSchema, config);
}
