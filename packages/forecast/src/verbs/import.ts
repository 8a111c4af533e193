/**
 * @module `sextant forecast import`
 */
import { extname } from 'node:path';
import { checkOutputs, InputError, readPyTorch, within } from '@sextant/io';
import { positiveInteger } from '@sextant/system';
import { Command, Option } from 'commander';
import { parseFeature } from '../feature.js';
import { fitFeatures } from '../features.js';
import { Forecaster } from '../forecaster.js';
import { importNetwork } from '../import.js';
import { SCALE_VARIANTS, type ScaleVariant } from '../scale.js';
import { parseFrequency } from '../time.js';
import { names, openTableOf, type TableOptions, withTable } from './table-options.js';
import { printWritten } from './written.js';

interface ImportCommandOptions extends TableOptions {
  readonly output: string;
  readonly data?: string;
  readonly horizon?: number;
  readonly heads?: number;
  readonly headDim?: number;
  readonly features?: readonly string[];
  readonly subLen?: number;
  readonly scale: ScaleVariant;
  readonly unscaled?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const importCommand = (): Command =>
  withTable(
    new Command('import')
      .summary("turn a checkpoint of the authors' code into our weights")
      .description(
        'Reads the layout of the authors-supplied code (decoder_transformer). Its sizes say all but what these options do.',
      )
      .argument('<checkpoint>', '.pt file')
      .requiredOption('-o, --output <file>', 'required: .safetensors file to write')
      .option(
        '--data <table>',
        'the series that it was trained on, in their order: their covariates are standardised by it',
      )
      .option(
        '--horizon <steps>',
        'steps that it forecasts; the rest of its window is history (default: 24)',
        positiveInteger,
      )
      .option('--heads <n>', 'heads of attention (default: by --head-dim)', positiveInteger)
      .option('--head-dim <n>', 'width of a head (default: as wide as the model)', positiveInteger)
      .option(
        '--features <names>',
        'covariates in their order (default: age, weekday, hour, month where there are 4)',
        names,
      )
      .option(
        '--sub-len <steps>',
        "sub_len of the authors' sparse attention (default: full attention)",
        positiveInteger,
      )
      .option('--unscaled', 'scores were not divided by √width: scale_att was off')
      .addOption(
        new Option('--scale <variant>', 'what windows were divided by')
          .choices(SCALE_VARIANTS)
          .default('nonzero_mean_plus_one'),
      ),
  )
    .option('--quiet', 'do not tell what was recognised')
    .option('--json', 'print what was written as JSON')
    .action(runImport);

async function runImport(checkpoint: string, options: ImportCommandOptions): Promise<void> {
  const { output, data, features, json, heads, headDim, horizon = 24, scale, subLen } = options;
  if (extname(output).toLowerCase() !== '.safetensors') {
    throw new InputError(`${output}: our weights are safetensors; give the file the extension .safetensors`);
  }
  await checkOutputs([checkpoint, data], [output]);
  const tree = await readPyTorch(checkpoint);
  const table = data === undefined ? undefined : await openTableOf(data, options);
  const frequency =
    table?.grid.frequency ??
    (options.frequency === undefined ? undefined : parseFrequency(options.frequency));
  const weights = within(checkpoint, () =>
    importNetwork(tree, {
      horizon,
      scale,
      scaled: options.unscaled !== true,
      mask: subLen === undefined ? { pattern: 'full' } : { pattern: 'authors', sub_len: subLen },
      ...(heads !== undefined && { heads }),
      ...(headDim !== undefined && { headDim }),
      ...(features && { features }),
      ...(frequency && { frequency }),
      ...(table && {
        series: table.series.map(({ id }) => id),
        standardize: (names: readonly string[]) => fitFeatures(table, names.map(parseFeature)),
      }),
    }),
  );
  const forecaster = within(checkpoint, () => new Forecaster(weights));
  await forecaster.save(output);
  await printWritten(json, output, forecaster);
}
