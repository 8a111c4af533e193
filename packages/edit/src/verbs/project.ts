/**
 * @module `sextant edit project`
 */
import { extname } from 'node:path';
import { openImages, sheet, writePng } from '@sextant/image';
import { checkOutputs, InputError, writeNpy } from '@sextant/io';
import { type DeviceOptions, onDevice, positiveInteger, printResult, withDevice } from '@sextant/system';
import { Progress } from '@sextant/train';
import { Command } from 'commander';
import { stacked } from '../editor.js';
import { loadEditor } from '../load.js';
import { modelOption } from './options.js';

interface ProjectCommandOptions extends DeviceOptions {
  readonly output: string;
  readonly sheet?: string;
  readonly steps: number;
  readonly model?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const projectCommand = (): Command =>
  withDevice(new Command('project'))
    .summary('find the codes of pictures')
    .description('Looks for the code in W+ of which the generator makes each picture, by gradient descent.')
    .argument('<pictures>', 'a picture, or a folder of them')
    .requiredOption('-o, --output <file.npy>', 'required: codes [n, rows, D] to write')
    .option('--sheet <file.png>', 'write pictures beside what their codes make')
    .option('--steps <n>', 'updates of a code', positiveInteger, 300)
    .addOption(modelOption())
    .option('--quiet', 'no progress')
    .option('--json', 'print errors as JSON')
    .action((pictures: string, options: ProjectCommandOptions) =>
      onDevice(options, () => run(pictures, options)),
    );

async function run(pictures: string, options: ProjectCommandOptions): Promise<void> {
  const { output, sheet: sheetPath, steps, model, quiet = false, json } = options;
  if (extname(output).toLowerCase() !== '.npy') throw new InputError(`${output}: codes are written as .npy`);
  await checkOutputs([pictures], [output, ...(sheetPath === undefined ? [] : [sheetPath])]);
  const editor = await loadEditor(model);
  const set = await openImages(pictures);
  const progress = new Progress({ quiet });
  try {
    const found = [];
    for (let i = 0; i < set.length; i++) {
      const image = await set.load(i);
      const { code, error } = await editor.project(image, {
        steps,
        onProgress: (step, all, now) =>
          progress.show(`${set.name(i)}: step ${step} of ${all}, error ${now.toFixed(4)}`),
      });
      found.push({ name: set.name(i), image, code, error });
    }
    progress.close();
    const codes = found.map(({ code }) => code);
    await writeNpy(output, stacked(codes));
    if (sheetPath !== undefined) {
      const made = await editor.render(codes);
      const pairs = found.flatMap(({ image }, i) => [image, made[i]!]);
      await writePng(sheetPath, sheet(pairs, { columns: 2, columnLabels: ['picture', 'of its code'] }));
    }
    const errors = found.map(({ name, error }) => ({ name, error }));
    printResult(json, { output, sheet: sheetPath, errors }, () =>
      errors.map(({ name, error }) => `${name}: mean squared error ${error.toFixed(4)}`).join('\n'),
    );
  } finally {
    progress.close();
    await editor.release();
    await set.close();
  }
}
