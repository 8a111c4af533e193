/**
 * @module `sextant vocoder evaluate`
 */
import {
  type DeviceOptions,
  formatTable,
  onDevice,
  positiveInteger,
  printResult,
  withDevice,
} from '@sextant/system';
import { Progress } from '@sextant/train';
import { Command } from 'commander';
import { audioFiles } from '../data.js';
import { evaluateVocoder, evaluationTable } from '../evaluate.js';
import type { Precision } from '../infer.js';
import { loadVocoder } from '../load.js';
import { precisionOption, refinementsOption, weightsOption } from './weights-option.js';

interface EvaluateCommandOptions extends DeviceOptions {
  readonly weights?: string;
  readonly precision: Precision;
  readonly refinements?: number;
  readonly iterations?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const evaluateCommand = (): Command =>
  withDevice(new Command('evaluate'))
    .summary('measure copy-synthesis on a folder of speech, beside Griffin-Lim')
    .description(
      'Turns every clip into its spectrogram and back, by the vocoder and by Griffin-Lim, and compares both with the\n' +
        'original: log-mel L1 (log10 units), multi-resolution STFT distance, mel-cepstral distortion, STOI, pitch, speed.',
    )
    .argument('<dir>', 'folder of audio files')
    .addOption(weightsOption())
    .addOption(precisionOption())
    .addOption(refinementsOption())
    .option('--iterations <n>', 'iterations of Griffin-Lim (default: 60)', positiveInteger)
    .option('--quiet', 'no progress')
    .option('--json', 'print all clips as JSON')
    .action((dir: string, options: EvaluateCommandOptions) =>
      onDevice(options, () => evaluate(dir, options)),
    );

async function evaluate(folder: string, options: EvaluateCommandOptions): Promise<void> {
  const { weights, iterations, quiet, json } = options;
  const vocoder = await loadVocoder(weights, options);
  const progress = new Progress({ unit: 'clips', quiet: quiet ?? false });
  const began = performance.now();
  try {
    const evaluation = await evaluateVocoder({
      vocoder,
      network: vocoder.unrefined,
      mel: vocoder.front.options,
      files: await audioFiles(folder),
      ...(iterations === undefined ? {} : { griffinLim: { iterations } }),
      onClip: (_, step, steps) =>
        progress.update({ step, steps, metrics: {}, elapsed: (performance.now() - began) / 1000 }),
    });
    progress.close();
    printResult(json, evaluation, () => formatTable(evaluationTable(evaluation)));
  } finally {
    progress.close();
  }
}
