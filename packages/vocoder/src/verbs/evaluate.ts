/**
 * @module `sextant vocoder evaluate`
 */

import { InputError, isFolder } from '@sextant/io';
import {
  type DeviceOptions,
  formatTable,
  onDevice,
  positiveInteger,
  printResult,
  withDevice,
} from '@sextant/system';
import { duration, Progress } from '@sextant/train';
import { Command } from 'commander';
import { audioFiles } from '../data.js';
import { clipTable, evaluateVocoder, evaluationTable } from '../evaluate.js';
import type { Precision } from '../infer.js';
import { loadVocoder } from '../load.js';
import { precisionOption, refinementsOption, weightsOption } from './weights-option.js';

interface EvaluateCommandOptions extends DeviceOptions {
  readonly weights?: string;
  readonly precision: Precision;
  readonly refinements?: number;
  readonly iterations?: number;
  readonly clips?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const evaluateCommand = (): Command =>
  withDevice(new Command('evaluate'))
    .summary('measure copy-synthesis of speech, beside Griffin-Lim')
    .description(
      'Turns every clip into its spectrogram and back, by the vocoder and by Griffin-Lim, and compares both with the original: log-mel L1 (log10 units), multi-resolution STFT distance, mel-cepstral distortion, STOI, pitch, speed.',
    )
    .argument('<in>', 'folder of audio files, or one file')
    .addOption(weightsOption())
    .addOption(precisionOption())
    .addOption(refinementsOption())
    .option('--iterations <n>', 'iterations of Griffin-Lim (default: 60)', positiveInteger)
    .option('--clips', 'print every clip, not the means alone')
    .option('--quiet', 'no progress')
    .option('--json', 'print all clips as JSON')
    .action((input: string, options: EvaluateCommandOptions) =>
      onDevice(options, () => evaluate(input, options)),
    );

async function evaluate(input: string, options: EvaluateCommandOptions): Promise<void> {
  const { weights, iterations, clips, quiet, json } = options;
  const vocoder = await loadVocoder(weights, options);
  const progress = new Progress({ quiet: quiet ?? false });
  const began = performance.now();
  try {
    const evaluation = await evaluateVocoder({
      vocoder,
      network: vocoder.unrefined,
      mel: vocoder.front.options,
      files: (await isFolder(input)) ? await audioFiles(input) : [input],
      ...(iterations === undefined ? {} : { griffinLim: { iterations } }),
      onClip: ({ clip }, done, total) => {
        const left = (((performance.now() - began) / 1000) * (total - done)) / done;
        progress.show(`${done} of ${total} clips  ${clip}  ${duration(left)} left`, done === total);
      },
    });
    progress.close();
    printResult(json, evaluation, () => {
      const tables = [...(clips ? [clipTable(evaluation)] : []), evaluationTable(evaluation)];
      return tables.map(formatTable).join('\n\n');
    });
    const { failed } = evaluation;
    for (const { error } of failed) process.stderr.write(`${error}\n`);
    if (failed.length > 0)
      throw new InputError(`${failed.length} of ${failed.length + evaluation.clips.length} clips failed`);
  } finally {
    progress.close();
  }
}
