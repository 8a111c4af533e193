/**
 * @module `sextant vocoder export` and `import`
 */
import { extname } from 'node:path';
import { InputError, writeFile } from '@sextant/io';
import { printResult } from '@sextant/system';
import { Command } from 'commander';
import { exportVocoder } from '../export.js';
import { type LoadOptions, loadVocoder } from '../load.js';
import { encodeWeights } from '../weights.js';
import { precisionOption, refinementsOption, weightsOption } from './weights-option.js';

interface ExportOptions extends LoadOptions {
  readonly output: string;
  readonly weights?: string;
}

export const exportCommand = (): Command =>
  new Command('export')
    .summary('write the generator as ONNX, or weights for other programs')
    .description(
      'By the extension of the output: .onnx (any number of frames, any ONNX runtime), .safetensors (our weights),\n' +
        "or .pt (the authors' layout, for PyTorch).",
    )
    .requiredOption('-o, --output <file>', 'file to write')
    .addOption(weightsOption())
    .addOption(precisionOption())
    .addOption(refinementsOption())
    .option('--calibration <dir>', 'sounds like those to come, for int8 (default: a sentence of ours)')
    .action(async ({ output, weights, ...options }: ExportOptions) => {
      if (options.precision === 'int8' && extname(output).toLowerCase() !== '.onnx') {
        throw new InputError(`${output}: int8 is written as .onnx only`);
      }
      await exportVocoder(await loadVocoder(weights, options), output);
    });

export const importCommand = (): Command =>
  new Command('import')
    .summary("turn a checkpoint of the authors' code into our weights")
    .description(
      'Recognises the official layout and seungwonpark/melgan, weight norm folded or not, float16 or float32.',
    )
    .argument('<checkpoint>', '.pt file')
    .requiredOption('-o, --output <file>', 'safetensors file to write')
    .option('--json', 'print the configuration as JSON')
    .action(async (checkpoint: string, { output, json }: { output: string; json?: boolean }) => {
      const { weights, generator, front } = await loadVocoder(checkpoint);
      await writeFile(output, [encodeWeights(weights)]);
      const { config, numParameters: parameters } = generator;
      printResult(
        json,
        { generator: config, mel: front.options, parameters },
        () => `${output}: ${parameters} parameters, ${JSON.stringify(config)}`,
      );
    });
