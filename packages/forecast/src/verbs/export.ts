/**
 * @module `sextant forecast export`
 */
import { extname } from 'node:path';
import { checkOutputs, InputError, writeFile } from '@sextant/io';
import { positiveInteger } from '@sextant/system';
import { Command } from 'commander';
import { DEFAULT_QUANTILES, Forecaster } from '../forecaster.js';
import { quantileLevels } from './table-options.js';
import { printWritten } from './written.js';

interface ExportCommandOptions {
  readonly output: string;
  readonly weights: string;
  readonly horizon?: number;
  readonly quantiles: readonly number[];
  readonly samples: number;
  readonly json?: boolean;
}

export const exportCommand = (): Command =>
  new Command('export')
    .summary('write a trained network as one ONNX file, or its weights')
    .description(
      'By the extension of the output. .onnx: history [series, T] (NaN where missing), covariates [series, T, C] and future [series, horizon, C] as they are, series (numbers; their count for new ones) and a seed in; quantiles [series, levels, horizon] out, all in the units of the data. T and the number of series are free. .safetensors: weights and configuration, for --weights.',
    )
    .requiredOption('-o, --output <file>', 'required: file to write')
    .requiredOption('--weights <path>', 'required: run folder, or .safetensors')
    .option(
      '--horizon <steps>',
      'steps that the file forecasts (default: all that the network can)',
      positiveInteger,
    )
    .option('--quantiles <levels>', 'levels between 0 and 1', quantileLevels, DEFAULT_QUANTILES)
    .option('--samples <n>', 'futures drawn of each series', positiveInteger, 200)
    .option('--json', 'print what was written as JSON')
    .action(async ({ output, weights, json, ...options }: ExportCommandOptions) => {
      const extension = extname(output).toLowerCase();
      if (extension !== '.onnx' && extension !== '.safetensors') {
        throw new InputError(`${output}: the extension says what to write: .onnx or .safetensors`);
      }
      await checkOutputs([weights], [output]);
      const forecaster = await Forecaster.load(weights);
      if (extension === '.safetensors') await forecaster.save(output);
      else {
        const { horizon = forecaster.config.horizon, quantiles, samples } = options;
        await writeFile(output, [await forecaster.export({ horizon, quantiles, samples })]);
      }
      await printWritten(json, output, forecaster);
    });
