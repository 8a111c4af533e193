/**
 * @module `sextant represent embed`
 */
import { openImages } from '@sextant/image';
import { checkOutputs } from '@sextant/io';
import { type DeviceOptions, onDevice, printResult, withDevice } from '@sextant/system';
import { Command } from 'commander';
import { loadEncoder } from '../load.js';
import { vectorFiles, writeVectors } from '../vectors.js';
import { PictureProgress, weightsOption } from './options.js';
import { leftOut, namedVectors, PICTURES_ARGUMENT, reasonsOf } from './pictures.js';

interface EmbedCommandOptions extends DeviceOptions {
  readonly weights?: string;
  readonly output: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const embedCommand = (): Command =>
  withDevice(new Command('embed'))
    .summary('turn pictures into vectors')
    .description(
      'Writes a vector for every picture that can be read, with its name and class: .npy holds the numbers [N, D] and beside it ' +
        '.names.csv the names; .parquet and .csv hold all in one table.',
    )
    .argument('<pictures>', PICTURES_ARGUMENT)
    .requiredOption('-o, --output <file>', 'required: .npy, .parquet or .csv file to write')
    .addOption(weightsOption())
    .option('--quiet', 'no progress')
    .option('--json', 'print what was written as JSON')
    .action((pictures: string, options: EmbedCommandOptions) =>
      onDevice(options, () => embed(pictures, options)),
    );

async function embed(pictures: string, { weights, output, quiet, json }: EmbedCommandOptions): Promise<void> {
  await checkOutputs([pictures, weights], vectorFiles(output));
  const encoder = await loadEncoder(weights);
  const set = await openImages(pictures);
  const progress = new PictureProgress(quiet);
  try {
    const { broken, ...embedded } = await encoder.embedSet(set, { onProgress: progress.update });
    for (const line of leftOut(set.skipped, broken)) progress.say(line);
    const named = namedVectors(set, embedded);
    await writeVectors(output, named);
    progress.close();
    const [count, dimension] = named.vectors.shape;
    printResult(
      json,
      { output, count, dimension, leftOut: broken.length, reasons: reasonsOf(broken), skipped: set.skipped },
      () => `${output}: ${count} vectors of ${dimension} numbers`,
    );
  } finally {
    progress.close();
    await encoder.release();
    await set.close();
  }
}
