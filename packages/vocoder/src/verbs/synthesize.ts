/**
 * @module `sextant vocoder synthesize`
 */
import { fstatSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { checkOutputs, InputError, isFolder, writeFile } from '@sextant/io';
import { type DeviceOptions, onDevice, positiveInteger, printResult, withDevice } from '@sextant/system';
import { Progress } from '@sextant/train';
import { Command } from 'commander';
import type { Precision } from '../infer.js';
import { loadVocoder } from '../load.js';
import { drawCopySynthesis } from '../picture.js';
import { type Synthesis, type SynthesisFailure, synthesizeFile, synthesizeFolder } from '../synthesize.js';
import { SynthesisMeter } from './synthesis-progress.js';
import { precisionOption, refinementsOption, weightsOption } from './weights-option.js';

interface SynthesizeOptions extends DeviceOptions {
  readonly output: string;
  readonly weights?: string;
  readonly precision: Precision;
  readonly refinements?: number;
  readonly spectrogram?: string;
  readonly chunk?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const synthesizeCommand = (): Command =>
  withDevice(new Command('synthesize'))
    .summary('make speech of a sound or a spectrogram')
    .description(
      'Reads a sound (WAV; anything else through ffmpeg) and speaks it again through its log-mel spectrogram, or reads a spectrogram [80, frames] (.npy, .npz, .safetensors) as the authors define it. Any length, in little memory.',
    )
    .argument('<in>', 'sound, spectrogram or folder of these; - for sound on standard input')
    .requiredOption('-o, --output <out>', 'required: WAV file, or folder for a folder; - for standard output')
    .addOption(weightsOption())
    .addOption(precisionOption())
    .addOption(refinementsOption())
    .option('--spectrogram <png>', 'draw the spectrograms of input and output, one above the other')
    .option(
      '--chunk <frames>',
      'frames per pass: fewer begin sooner, more cost less (default: 256, more with refinements)',
      positiveInteger,
    )
    .option('--quiet', 'no progress')
    .option('--json', 'print the results as JSON (not with -o -)')
    .action((input: string, options: SynthesizeOptions) =>
      onDevice(options, () => synthesize(input, options)),
    );

async function synthesize(input: string, options: SynthesizeOptions): Promise<void> {
  const { weights, spectrogram, chunk, quiet = false, json } = options;
  const output = (await isStandardOutput(options.output)) ? '-' : options.output;
  if (json && output === '-') throw new InputError('--json and -o - would both write to standard output');
  const folder = await isFolder(input);
  if (spectrogram !== undefined) {
    if (folder || input === '-' || output === '-') {
      throw new InputError('--spectrogram reads input and output again: both must be files');
    }
    if (extname(spectrogram).toLowerCase() !== '.png') {
      throw new InputError(`${spectrogram}: the picture is a PNG; give the file the extension .png`);
    }
    await checkOutputs([input, output, weights], [spectrogram]);
  }
  await checkOutputs([weights], [output]);
  const vocoder = await loadVocoder(weights, options);
  const progress = new Progress({ quiet });
  const meter = new SynthesisMeter(progress);
  const tell = (line: string) => {
    progress.close();
    process.stderr.write(`${line}\n`);
  };
  const settings = {
    onProgress: meter.update,
    onMessage: tell,
    ...(chunk === undefined ? {} : { chunkFrames: chunk }),
  };
  const files: Synthesis[] = [];
  const failed: SynthesisFailure[] = [];
  try {
    if (folder) {
      for await (const result of synthesizeFolder(vocoder, input, output, settings)) {
        if ('output' in result) files.push(result);
        else {
          failed.push(result);
          tell(result.error);
        }
      }
    } else files.push(await synthesizeFile(vocoder, input, output, settings));
  } finally {
    progress.close();
  }
  if (spectrogram !== undefined)
    await writeFile(spectrogram, [await drawCopySynthesis(vocoder, input, output)]);
  const seconds = files.reduce((sum, r) => sum + r.seconds, 0);
  const { elapsed } = meter;
  const summary = () => {
    const what = folder
      ? `${files.length} ${files.length === 1 ? 'file' : 'files'} in ${output}`
      : output === '-'
        ? 'standard output'
        : output;
    return `${what}: ${seconds.toFixed(2)} s of audio in ${elapsed.toFixed(2)} s (${(seconds / elapsed).toFixed(1)} × real time)`;
  };
  if (output !== '-') printResult(json, { files, failed, seconds, elapsed }, summary);
  else if (!quiet) process.stderr.write(`${summary()}\n`);
  if (failed.length > 0)
    throw new InputError(`${failed.length} of ${failed.length + files.length} files failed`);
}

/** Whether what is written to a path comes out where results are printed: `-`, `/dev/stdout`. */
async function isStandardOutput(path: string): Promise<boolean> {
  if (path === '-') return true;
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  const out = fstatSync(1, { bigint: true });
  return found !== undefined && found.dev === out.dev && found.ino === out.ino;
}
