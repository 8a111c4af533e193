/**
 * @module `sextant vocoder train`
 */
import { resolve } from 'node:path';
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
import { PRESETS } from '../presets.js';
import { trainVocoder } from '../train.js';

interface TrainCommandOptions extends DeviceOptions {
  readonly output: string;
  readonly preset: keyof typeof PRESETS;
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
      'Trains on the audio files of a folder, into a run folder that --resume continues exactly. Ctrl-C saves.\n' +
        'Edit config.json in the run folder to change anything between sessions.',
    )
    .argument('[dir]', 'folder of audio files (any rate; channels are averaged); not needed with --resume')
    .requiredOption('-o, --output <run>', 'run folder')
    .addOption(
      new Option('--preset <name>', 'configuration to begin with')
        .choices(Object.keys(PRESETS))
        .default('small'),
    )
    .option('--resume', 'continue the run')
    .option('--steps <n>', 'updates of the generator', positiveInteger)
    .option('--batch-size <n>', 'segments per step', positiveInteger)
    .option('--seed <n>', 'seed of weights and data', nonNegativeInteger)
    .option('--quiet', 'no progress')
    .option('--json', 'print the result as JSON')
    .action((dir: string | undefined, options: TrainCommandOptions) =>
      onDevice(options, () => runTraining(dir, options)),
    );

async function runTraining(dir: string | undefined, options: TrainCommandOptions): Promise<void> {
  const run = await openRun(dir, options);
  const progress = new Progress({ unit: 'segments', quiet: options.quiet ?? false });
  const { signal, dispose } = interruptSignal(() => progress.say('Finishing this step …'));
  try {
    const result = await trainVocoder({
      run,
      signal,
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
  } finally {
    progress.close();
    dispose();
    await run.close();
  }
}

async function openRun(dir: string | undefined, options: TrainCommandOptions): Promise<Run<TrainConfig>> {
  const { output, preset, resume, steps, batchSize, seed } = options;
  if (resume) return Run.resume(output, TrainSchema);
  const given = { steps, batchSize, seed };
  const changes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return Run.create(output, TrainSchema, { ...PRESETS[preset], data: resolve(dir ?? '.'), ...changes });
}
