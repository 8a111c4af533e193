/**
 * @module `sextant vocoder export` and `import`
 */
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { checkOutputs, InputError, readFile, writeFile } from '@sextant/io';
import { parseJson, printResult } from '@sextant/system';
import { Command } from 'commander';
import { exportVocoder } from '../export.js';
import type { Vocoder } from '../infer.js';
import { type LoadOptions, loadVocoder } from '../load.js';
import type { MelOptions } from '../mel.js';
import { encodeWeights } from '../weights.js';
import { precisionOption, refinementsOption, weightsOption } from './weights-option.js';

interface ExportOptions extends LoadOptions {
  readonly output: string;
  readonly weights?: string;
  readonly json?: boolean;
}

export const exportCommand = (): Command =>
  new Command('export')
    .summary('write the generator as ONNX, or weights for other programs')
    .description(
      "By the extension of the output: .onnx (any number of frames, any ONNX runtime), .safetensors (our weights), or .pt (the authors' layout, for PyTorch).",
    )
    .requiredOption('-o, --output <file>', 'required: file to write')
    .addOption(weightsOption())
    .addOption(precisionOption())
    .addOption(refinementsOption())
    .option('--calibration <dir>', 'sounds like those to come, for int8 (default: a sentence of ours)')
    .option('--json', 'print what was written as JSON')
    .action(async ({ output, weights, json, ...options }: ExportOptions) => {
      if (options.precision === 'int8' && extname(output).toLowerCase() !== '.onnx') {
        throw new InputError(`${output}: int8 is written as .onnx only`);
      }
      await checkOutputs([weights], [output]);
      const vocoder = await loadVocoder(weights, options);
      await exportVocoder(vocoder, output);
      await printWritten(json, output, vocoder);
    });

interface ImportOptions {
  readonly output: string;
  readonly mel?: string;
  readonly json?: boolean;
}

export const importCommand = (): Command =>
  new Command('import')
    .summary("turn a checkpoint of the authors' code into our weights")
    .description(
      'Recognises the official layout and seungwonpark/melgan, weight norm folded or not, float16 or float32.',
    )
    .argument('<checkpoint>', '.pt file')
    .requiredOption('-o, --output <file>', 'required: .safetensors file to write')
    .option(
      '--mel <json>',
      'options of the front-end that the checkpoint was trained with, where they differ from its code\'s, as a file or as JSON: {"nMelChannels":40,"hopLength":60}',
    )
    .option('--json', 'print what was written as JSON')
    .action(async (checkpoint: string, { output, mel, json }: ImportOptions) => {
      if (extname(output).toLowerCase() !== '.safetensors') {
        throw new InputError(
          `${output}: our weights are safetensors; give the file the extension .safetensors`,
        );
      }
      await checkOutputs([checkpoint], [output]);
      const vocoder = await loadVocoder(checkpoint, mel === undefined ? {} : { mel: await melOptions(mel) });
      await writeFile(output, [encodeWeights(vocoder.weights)]);
      await printWritten(json, output, vocoder);
    });

/** Of JSON or of a file that holds it. The weights check the values. */
async function melOptions(given: string): Promise<Partial<MelOptions>> {
  const inline = given.trimStart().startsWith('{');
  const parsed = inline
    ? parseJson('--mel', new TextEncoder().encode(given))
    : parseJson(given, await readFile(given));
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new InputError('--mel must be a JSON object such as {"hopLength":60}');
  }
  return parsed;
}

async function printWritten(
  json: boolean | undefined,
  output: string,
  { generator, front, refinements }: Vocoder,
): Promise<void> {
  const { config, numParameters: parameters } = generator;
  const { size: bytes } = await stat(output);
  if (refinements > 0 && extname(output).toLowerCase() === '.pt') {
    process.stderr.write(
      `${output} holds the network alone: the layout has no place for its ${refinements} refinements\n`,
    );
  }
  printResult(
    json,
    { output, bytes, parameters, generator: config, mel: front.options, refinements },
    () => `${output}: ${(parameters / 1e6).toFixed(2)} million parameters, ${(bytes / 1e6).toFixed(1)} MB`,
  );
}
