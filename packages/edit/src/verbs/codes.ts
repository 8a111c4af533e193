/**
 * @module `sextant edit codes`: what a flow is trained on.
 */
import { join } from 'node:path';
import { NDArray } from '@sextant/engine';
import { InputError, makeFolder, writeNpy } from '@sextant/io';
import {
  type DeviceOptions,
  nonNegativeInteger,
  onDevice,
  positiveInteger,
  printResult,
  withDevice,
} from '@sextant/system';
import { Progress } from '@sextant/train';
import { Command } from 'commander';
import type { Shown } from '../attributes.js';
import { estimatorOf } from '../estimator/weights.js';
import { readEstimator } from '../load.js';
import { Observer } from '../observer.js';
import { loadSynthesizer } from '../stylegan2/load.js';
import { writeAttributeTable } from '../tables.js';
import { truncationOption } from './options.js';

interface CodesCommandOptions extends DeviceOptions {
  readonly output: string;
  readonly generator: string;
  readonly estimator: string;
  readonly n: number;
  readonly seed: number;
  readonly truncation: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Pictures that are made and looked at between two lines of progress. */
const PART = 256;

export const codesCommand = (): Command =>
  withDevice(new Command('codes'))
    .summary('draw codes of a generator, and tell what their pictures show')
    .description(
      "Writes latents.npy [n, 1, 1, D], light.npy [n, 9] and attributes.npy [n, A] in the authors' layout, and table.json, for train-flow.",
    )
    .requiredOption('-o, --output <folder>', 'required: folder to write to')
    .requiredOption('--generator <weights>', 'required: .safetensors, .pt, or a run folder')
    .requiredOption('--estimator <weights>', 'required: .safetensors, or a run folder')
    .option('--n <count>', 'codes', positiveInteger, 10_000)
    .option('--seed <n>', 'of the codes', nonNegativeInteger, 0)
    .addOption(truncationOption())
    .option('--quiet', 'no progress')
    .option('--json', 'print the result as JSON')
    .action((options: CodesCommandOptions) => onDevice(options, () => run(options)));

async function run({
  output,
  generator,
  estimator,
  n,
  seed,
  truncation,
  quiet = false,
  json,
}: CodesCommandOptions) {
  const synthesizer = await loadSynthesizer(generator);
  const weights = await readEstimator(estimator);
  const observer = new Observer(estimatorOf(weights), weights.config.table);
  const progress = new Progress({ quiet });
  try {
    const { size, styleDim } = synthesizer.config;
    if (weights.config.estimator.size !== size) {
      throw new InputError(
        `the estimator looks at pictures of ${weights.config.estimator.size}, the generator makes ${size}`,
      );
    }
    await makeFolder(output);
    const w = await synthesizer.sample(n, { seed, truncation });
    const shown: Shown[] = [];
    for (let from = 0; from < n; from += PART) {
      const count = Math.min(PART, n - from);
      const part = new NDArray(
        w.data.subarray(from * styleDim, (from + count) * styleDim),
        [count, styleDim],
        'float32',
      );
      shown.push(...(await observer.look(await synthesizer.images(part))));
      progress.show(`${from + count} of ${n} codes`);
    }
    const table = (rows: readonly ArrayLike<number>[]) =>
      new NDArray(Float32Array.from(rows.flatMap((row) => Array.from(row))), [n, rows[0]!.length], 'float32');
    await writeNpy(join(output, 'latents.npy'), new NDArray(w.data, [n, 1, 1, styleDim], 'float32'));
    await writeNpy(join(output, 'light.npy'), table(shown.map(({ light }) => light)));
    await writeAttributeTable(output, observer.table);
    await writeNpy(join(output, 'attributes.npy'), table(shown.map(({ attributes }) => attributes)));
    printResult(
      json,
      { output, n, dimension: styleDim },
      () => `${output}: ${n} codes of ${styleDim} numbers`,
    );
  } finally {
    progress.close();
    await synthesizer.release();
    await observer.release();
  }
}
