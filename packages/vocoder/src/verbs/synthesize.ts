/**
 * @module `sextant vocoder synthesize`
 */
import { InputError, writeFile } from '@sextant/io';
import { type DeviceOptions, onDevice, positiveInteger, printResult, withDevice } from '@sextant/system';
import { Progress } from '@sextant/train';
import { Command } from 'commander';
import type { Precision } from '../infer.js';
import { loadVocoder } from '../load.js';
import { drawCopySynthesis } from '../picture.js';
import { isFolder, type Synthesis, synthesizeFile, synthesizeFolder } from '../synthesize.js';
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
      'Reads a sound (WAV; anything else through ffmpeg) and speaks it again through its log-mel spectrogram, or\n' +
        'reads a spectrogram [80, frames] (.npy, .safetensors) as the authors define it. Any length, in little memory.',
    )
    .argument('<in>', 'sound, spectrogram or folder of these; - for sound on standard input')
    .requiredOption('-o, --output <out>', 'WAV file, or folder for a folder; - for standard output')
    .addOption(weightsOption())
    .addOption(precisionOption())
    .addOption(refinementsOption())
    .option('--spectrogram <png>', 'draw the spectrograms of input and output, one above the other')
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
  const { output, weights, spectrogram, chunk, quiet, json } = options;
  if (json && output === '-') throw new InputError('--json and -o - would both write to standard output');
  const folder = await isFolder(input);
  if (spectrogram !== undefined && (folder || input === '-' || output === '-')) {
    throw new InputError('--spectrogram reads input and output again: both must be files');
  }
  const vocoder = await loadVocoder(weights, options);
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
    if (folder) {
      for await (const done of synthesizeFolder(vocoder, input, output, settings)) results.push(done);
    } else results.push(await synthesizeFile(vocoder, input, output, settings));
  } finally {
    progress.close();
  }
  if (spectrogram !== undefined)
    await writeFile(spectrogram, [await drawCopySynthesis(vocoder, input, output)]);
  if (output === '-') return;
  const seconds = results.reduce((sum, r) => sum + r.seconds, 0);
  const took = elapsed();
  printResult(json, { files: results, seconds, elapsed: took }, () => {
    const what = results.length === 1 ? results[0]!.output : `${results.length} files in ${output}`;
    return `${what}: ${seconds.toFixed(2)} s of audio in ${took.toFixed(2)} s (${(seconds / took).toFixed(1)} × real time)`;
  });
}
