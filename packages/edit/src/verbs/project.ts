/**
 * @module `sextant edit project`
 */
import { writePng } from '@sextant/image';
import { checkOutputs, writeNpy } from '@sextant/io';
import { type DeviceOptions, onDevice, positiveInteger, printResult, withDevice } from '@sextant/system';
import { Command, Option } from 'commander';
import { stacked } from '../editor.js';
import { loadEditor } from '../load.js';
import { STEPS } from '../project.js';
import { squared } from '../squared.js';
import { forceOption, modelOption } from './options.js';
import { checkExtension, sheetOf } from './outputs.js';
import { checkSource, findCodes } from './sources.js';

interface ProjectCommandOptions extends DeviceOptions {
  readonly output: string;
  readonly sheet?: string;
  readonly steps?: number;
  readonly fast?: boolean;
  readonly model?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const projectCommand = (): Command =>
  withDevice(new Command('project'))
    .summary('find the codes of pictures')
    .description(
      'Looks for the code in W+ of which the generator makes each picture: by gradient descent, which begins at the code of the encoder ' +
        'where the model has one.',
    )
    .argument('<pictures>', 'a picture, or a folder of them')
    .requiredOption('-o, --output <file.npy>', 'required: codes [n, rows, D] to write')
    .option('--sheet <file.png>', 'write pictures beside what their codes make')
    .addOption(
      new Option(
        '--steps <n>',
        `updates of a code in W+ (${STEPS.fromW}; from the encoder's ${STEPS.fromEncoder})`,
      )
        .argParser(positiveInteger)
        .conflicts('fast'),
    )
    .option('--fast', "take the encoder's codes as they are: no descent")
    .addOption(modelOption())
    .addOption(forceOption())
    .option('--quiet', 'no progress')
    .option('--json', 'print errors as JSON')
    .action((pictures: string, options: ProjectCommandOptions) =>
      onDevice(options, () => run(pictures, options)),
    );

async function run(pictures: string, options: ProjectCommandOptions): Promise<void> {
  const { output, sheet: sheetPath, model, json } = options;
  checkExtension(output, '.npy', 'codes are');
  if (sheetPath !== undefined) checkExtension(sheetPath, '.png', 'a sheet is');
  checkSource(pictures);
  await checkOutputs([pictures], [output, ...(sheetPath === undefined ? [] : [sheetPath])]);
  const editor = await loadEditor(model);
  try {
    const found = await findCodes(pictures, editor, options);
    const codes = found.map(({ code }) => code);
    await writeNpy(output, stacked(codes));
    if (sheetPath !== undefined) {
      const made = await editor.render(codes);
      const pairs = found.flatMap(({ picture }, i) => [squared(picture, made[i]!.width), made[i]!]);
      const labels = ['picture', 'of its code'];
      await writePng(sheetPath, sheetOf(pairs, { columns: labels.length, columnLabels: labels }));
    }
    const errors = found.map(({ name, error, strangeness }) => ({
      name,
      error,
      strangeness,
    }));
    printResult(json, { output, sheet: sheetPath, errors }, () =>
      errors.map(({ name, error }) => `${name}: mean squared error ${error.toFixed(4)}`).join('\n'),
    );
  } finally {
    await editor.release();
  }
}
