/**
 * @module `sextant represent embed`
 */
import { extname } from 'node:path';
import { openImages } from '@sextant/image';
import { encodeNpy, InputError, refuseOverwriting, writeFile } from '@sextant/io';
import { type DeviceOptions, onDevice, printResult, withDevice } from '@sextant/system';
import { Command } from 'commander';
import { Encoder } from '../encoder.js';
import { PictureProgress, weightsOption } from './options.js';
import { leftOut, PICTURES_ARGUMENT } from './pictures.js';

interface EmbedCommandOptions extends DeviceOptions {
  readonly weights: string;
  readonly output: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const embedCommand = (): Command =>
  withDevice(new Command('embed'))
    .summary('turn pictures into vectors')
    .description(
      'Writes a vector for every picture that can be read: vectors.npy holds the numbers [N, D], vectors.names.txt the ' +
        "pictures' names, a line each.",
    )
    .argument('<pictures>', PICTURES_ARGUMENT)
    .requiredOption('-o, --output <file>', 'required: .npy file to write')
    .addOption(weightsOption())
    .option('--quiet', 'no progress')
    .option('--json', 'print what was written as JSON')
    .action((pictures: string, options: EmbedCommandOptions) =>
      onDevice(options, () => embed(pictures, options)),
    );

async function embed(pictures: string, { weights, output, quiet, json }: EmbedCommandOptions): Promise<void> {
  if (extname(output).toLowerCase() !== '.npy')
    throw new InputError(`${output}: vectors are written as .npy`);
  const names = output.replace(/\.npy$/i, '.names.txt');
  await refuseOverwriting([pictures, weights], [output, names]);
  const encoder = await Encoder.load(weights);
  const set = await openImages(pictures);
  const progress = new PictureProgress(quiet);
  try {
    const { vectors, indices, broken } = await encoder.embedSet(set, { onProgress: progress.update });
    for (const line of leftOut(set.skipped, broken)) progress.say(line);
    await writeFile(output, [encodeNpy(vectors)]);
    await writeFile(names, [Buffer.from([...indices].map((i) => `${set.name(i)}\n`).join(''))]);
    progress.close();
    const [count, dimension] = vectors.shape;
    printResult(
      json,
      { output, names, count, dimension, leftOut: broken.length, skipped: set.skipped },
      () => `${output}: ${count} vectors of ${dimension} numbers; names in ${names}`,
    );
  } finally {
    progress.close();
    await encoder.release();
    await set.close();
  }
}
