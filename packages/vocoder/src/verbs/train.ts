/**
 * @module `sextant vocoder train`
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
import { interruptSignal, Progress, Run } from '@sextant/train';
import { Command, Option } from 'commander';
import { type TrainConfig, TrainSchema } from '../config.js';
import { audioFiles, splitClips } from '../data.js';
import { loadVocoder } from '../load.js';
import { PRESETS } from '../presets.js';
import { trainVocoder } from '../train.js';

interface TrainCommandOptions extends DeviceOptions {
  readonly output: string;
  readonly preset: keyof typeof PRESETS;
  readonly init?: string;
  readonly resume?: boolean;
  readonly steps?: number;
  readonly batchSize?: number;
  readonly seed?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const trainCommand = (): Command =>
  withDevice(new Command('train'))
    .summary('train a vocoder on a folder of speech')
    .description(
      'Trains on the audio files of a folder, into a run folder that --resume continues exactly. Ctrl-C saves. ' +
        'Edit config.json in the run folder to change anything between sessions.',
    )
    .argument('[dir]', 'folder of audio files (any rate; channels are averaged); not needed with --resume')
    .requiredOption('-o, --output <run>', 'run folder')
    .addOption(
      new Option('--preset <name>', 'configuration to begin with')
        .choices(Object.keys(PRESETS))
        .default('small')
        .conflicts('resume'),
    )
    .addOption(
      new Option(
        '--init <weights>',
        "begin with a generator's weights, of its size and for its spectrogram: .safetensors, .pt, or a run folder",
      ).conflicts('resume'),
    )
    .option('--resume', 'continue the run; a DIR, --steps and --batch-size change its config.json')
    .option('--steps <n>', 'updates of the generator', positiveInteger)
    .option('--batch-size <n>', 'segments per step', positiveInteger)
    .addOption(
      new Option('--seed <n>', 'seed of weights and data').argParser(nonNegativeInteger).conflicts('resume'),
    )
    .option('--quiet', 'no progress, only warnings')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExits with 130 after Ctrl-C, 143 after SIGTERM and 129 after SIGHUP, when everything is saved.',
    )
    .action((dir: string | undefined, options: TrainCommandOptions) =>
      onDevice(options, () => runTraining(dir, options)),
    );

async function runTraining(dir: string | undefined, options: TrainCommandOptions): Promise<void> {
  const progress = new Progress({ unit: 'segments', quiet: options.quiet ?? false });
  const run = await (options.resume ? resumeRun(dir, options, progress.say) : createRun(dir, options));
  const interrupt = interruptSignal(() => progress.say('Finishing this step …'));
  try {
    const result = await trainVocoder({
      run,
      signal: interrupt.signal,
      onProgress: progress.update,
      onMessage: progress.say,
      resumeCommand: `sextant vocoder train --resume -o ${options.output}`,
    });
    progress.close();
    printResult(options.json, { run: run.folder, ...result }, () => {
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

/** Begins a run. Its folder is made when data and weights have been found good. */
async function createRun(
  dir: string | undefined,
  { output, preset, init, ...options }: TrainCommandOptions,
): Promise<Run<TrainConfig>> {
  if (dir === undefined) {
    throw new InputError(
      'DIR is missing: give the folder of audio files to train on, or --resume to continue a run',
    );
  }
  const beginning = init === undefined ? {} : await configOf(init);
  const config = { ...PRESETS[preset], ...beginning, ...changesOf(dir, options) };
  await splitClips(dir, config.validationFiles);
  return Run.create(output, TrainSchema, config);
}

/** Continues a run, with what the command line changes of its configuration. */
async function resumeRun(
  dir: string | undefined,
  { output, ...options }: TrainCommandOptions,
  say: (line: string) => void,
): Promise<Run<TrainConfig>> {
  if (dir !== undefined) await audioFiles(dir);
  const changes = changesOf(dir, options);
  const run = await Run.resume(output, TrainSchema, { changes });
  const now = Object.entries(changes).map(([name, value]) => `${name} is now ${value}`);
  if (now.length > 0) say(`${join(output, 'config.json')}: ${now.join(', ')}`);
  return run;
}

/** What weights say of the training that begins with them. */
async function configOf(init: string): Promise<Partial<TrainConfig>> {
  const { generator, mel } = (await loadVocoder(init)).weights;
  const { config } = generator;
  return { init: resolve(init), generator: { ...config, ratios: [...config.ratios] }, mel };
}

/** What the command line says of the configuration. */
function changesOf(
  dir: string | undefined,
  { steps, batchSize, seed }: Pick<TrainCommandOptions, 'steps' | 'batchSize' | 'seed'>,
): Partial<TrainConfig> {
  return {
    ...(dir === undefined ? {} : { data: resolve(dir) }),
    ...(steps === undefined ? {} : { steps }),
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(seed === undefined ? {} : { seed }),
  };
}
