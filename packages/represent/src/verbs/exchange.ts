/**
 * @module `sextant represent export` and `import`
 */
import { extname } from 'node:path';
import { checkOutputs, InputError, readFile, within, writeFile } from '@sextant/io';
import { printResult } from '@sextant/system';
import { Command, Option } from 'commander';
import { PIPELINE_NAMES } from '../augment/pipelines.js';
import { Encoder } from '../encoder.js';
import { importEncoder } from '../import.js';
import { loadEncoder } from '../load.js';
import type { Stem } from '../resnet.js';
import { encodeWeights } from '../weights.js';
import { weightsOption } from './options.js';

interface ExportCommandOptions {
  readonly output: string;
  readonly weights?: string;
  readonly json?: boolean;
}

export const exportCommand = (): Command =>
  new Command('export')
    .summary('write an encoder as one ONNX file, or its weights')
    .description(
      'By the extension of the output. .onnx: images float32 [N, 3, S, S] in, normalised as its metadata say; vectors [N, D] out. ' +
        '.safetensors: weights and configuration, for --weights.',
    )
    .requiredOption('-o, --output <file>', 'required: file to write')
    .addOption(weightsOption())
    .option('--json', 'print what was written as JSON')
    .action(async ({ output, weights, json }: ExportCommandOptions) => {
      const extension = extname(output).toLowerCase();
      if (extension !== '.onnx' && extension !== '.safetensors') {
        throw new InputError(`${output}: the extension says what to write: .onnx or .safetensors`);
      }
      await checkOutputs([weights], [output]);
      const encoder = await loadEncoder(weights);
      await writeFile(output, [extension === '.onnx' ? await encoder.export() : encoder.save()]);
      printWritten(json, output, encoder);
    });

interface ImportCommandOptions {
  readonly output: string;
  readonly pipeline: string;
  readonly stem: Stem;
  readonly json?: boolean;
}

export const importCommand = (): Command =>
  new Command('import')
    .summary('turn a PyTorch checkpoint into our weights')
    .description(
      "Reads the encoder of a checkpoint of the authors' code (any method), or a ResNet of torchvision. Depth and widths are " +
        'those of its arrays.',
    )
    .argument('<checkpoint>', '.pt file')
    .requiredOption('-o, --output <file>', 'required: .safetensors file to write')
    .addOption(
      new Option('--pipeline <name>', 'pictures it was trained on')
        .choices(PIPELINE_NAMES)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--stem <kind>', 'first layers: cifar (3 × 3), small (3 × 3 and max-pool), imagenet (7 × 7)')
        .choices(['cifar', 'small', 'imagenet'])
        .makeOptionMandatory(),
    )
    .option('--json', 'print what was written as JSON')
    .action(async (checkpoint: string, { output, pipeline, stem, json }: ImportCommandOptions) => {
      if (extname(output).toLowerCase() !== '.safetensors') {
        throw new InputError(`${output}: weights are written as .safetensors`);
      }
      await checkOutputs([checkpoint], [output]);
      const bytes = await readFile(checkpoint);
      const [weights, encoder] = within(checkpoint, () => {
        const imported = importEncoder(bytes, pipeline, stem);
        return [imported, Encoder.of(imported)] as const;
      });
      await writeFile(output, [encodeWeights(weights)]);
      printWritten(json, output, encoder);
    });

function printWritten(
  json: boolean | undefined,
  output: string,
  { config, dimension, model }: Encoder,
): void {
  const { numParameters } = model;
  printResult(
    json,
    { output, ...config, dimension, numParameters },
    () => `${output}: ${dimension} numbers of a picture, ${numParameters} parameters`,
  );
}
