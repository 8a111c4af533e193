/**
 * @module The vocoder's verbs on the command line.
 */
import { resolve } from 'node:path';
import { InputError, writeFile } from '@sextant/io';
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
import { type TrainConfig, TrainSchema } from './config.js';
import { exportVocoder } from './export.js';
import { loadVocoder } from './load.js';
import { PRESETS } from './presets.js';
import { isFolder, type Synthesis, synthesizeFile, synthesizeFolder } from './synthesize.js';
import { trainVocoder } from './train.js';
import { encodeWeights } from './weights.js';

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

const trainCommand = (): Command =>
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

interface SynthesizeOptions extends DeviceOptions {
  readonly output: string;
  readonly weights?: string;
  readonly chunk?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const weightsOption = (): Option =>
  new Option(
    '--weights <path>',
    'weights (.safetensors), a checkpoint of the authors or of seungwonpark (.pt), or a run folder (default: embedded)',
  );

const synthesizeCommand = (): Command =>
  withDevice(new Command('synthesize'))
    .summary('make speech of a sound or a spectrogram')
    .description(
      'Reads a sound (WAV; anything else through ffmpeg) and speaks it again through its log-mel spectrogram, or\n' +
        'reads a spectrogram [80, frames] (.npy, .safetensors) as the authors define it. Any length, in little memory.',
    )
    .argument('<in>', 'sound, spectrogram or folder of these; - for sound on standard input')
    .requiredOption('-o, --output <out>', 'WAV file, or folder for a folder; - for standard output')
    .addOption(weightsOption())
    .option(
      '--chunk <frames>',
      'frames per pass: fewer begin sooner, more cost less (default: 256)',
      positiveInteger,
    )
    .option('--quiet', 'no progress')
    .option('--json', 'print the results as JSON (not with -o -)')
    .action((input: string, options: SynthesizeOptions) =>
      onDevice(options, () => synthesize(input, options)),
    );

async function synthesize(input: string, options: SynthesizeOptions): Promise<void> {
  const { output, weights, chunk, quiet, json } = options;
  if (json && output === '-') throw new InputError('--json and -o - would both write to standard output');
  const vocoder = await loadVocoder(weights);
  const progress = new Progress({ unit: 's of audio', quiet: quiet ?? false });
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  const onProgress = (seconds: number, total: number | undefined) =>
    progress.update({
      step: Math.round(seconds),
      steps: Math.round(total ?? seconds),
      metrics: {},
      elapsed: elapsed(),
      rate: seconds / elapsed(),
    });
  const settings = { onProgress, ...(chunk === undefined ? {} : { chunkFrames: chunk }) };
  const results: Synthesis[] = [];
  try {
    if (await isFolder(input)) {
      for await (const done of synthesizeFolder(vocoder, input, output, settings)) results.push(done);
    } else results.push(await synthesizeFile(vocoder, input, output, settings));
  } finally {
    progress.close();
  }
  if (output === '-') return;
  const seconds = results.reduce((sum, r) => sum + r.seconds, 0);
  const took = elapsed();
  printResult(json, { files: results, seconds, elapsed: took }, () => {
    const what = results.length === 1 ? results[0]!.output : `${results.length} files in ${output}`;
    return `${what}: ${seconds.toFixed(2)} s of audio in ${took.toFixed(2)} s (${(seconds / took).toFixed(1)} × real time)`;
  });
}

interface ExportOptions {
  readonly output: string;
  readonly weights?: string;
}

const exportCommand = (): Command =>
  new Command('export')
    .summary('write the generator as ONNX, or weights for other programs')
    .description(
      'By the extension of the output: .onnx (any number of frames, any ONNX runtime), .safetensors (our weights),\n' +
        "or .pt (the authors' layout, for PyTorch).",
    )
    .requiredOption('-o, --output <file>', 'file to write')
    .addOption(weightsOption())
    .action(async ({ output, weights }: ExportOptions) => exportVocoder(await loadVocoder(weights), output));

const importCommand = (): Command =>
  new Command('import')
    .summary("turn a checkpoint of the authors' code into our weights")
    .description(
      'Recognises the official layout and seungwonpark/melgan, weight norm folded or not, float16 or float32.',
    )
    .argument('<checkpoint>', '.pt file')
    .requiredOption('-o, --output <file>', 'safetensors file to write')
    .option('--json', 'print the configuration as JSON')
    .action(async (checkpoint: string, { output, json }: { output: string; json?: boolean }) => {
      const { generator, front } = await loadVocoder(checkpoint);
      await writeFile(output, [encodeWeights({ generator, mel: front.options })]);
      const { config, numParameters: parameters } = generator;
      printResult(
        json,
        { generator: config, mel: front.options, parameters },
        () => `${output}: ${parameters} parameters, ${JSON.stringify(config)}`,
      );
    });

export const verbs = (): Command[] => [synthesizeCommand(), trainCommand(), exportCommand(), importCommand()];
