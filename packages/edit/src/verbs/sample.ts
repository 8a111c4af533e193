/**
 * @module `sextant edit sample`
 */
import { extname } from 'node:path';
import { sheet, writePng } from '@sextant/image';
import { InputError, writeNpy } from '@sextant/io';
import {
  type DeviceOptions,
  nonNegativeInteger,
  onDevice,
  positiveInteger,
  printResult,
  withDevice,
} from '@sextant/system';
import { Command } from 'commander';
import { indexOf, type Shown, shownBy } from '../attributes.js';
import { type Editor, stacked } from '../editor.js';
import { loadEditor } from '../load.js';
import { type Edit, withEdits } from './edits.js';
import { modelOption, truncationOption } from './options.js';

interface SampleCommandOptions extends DeviceOptions {
  readonly output: string;
  readonly n: number;
  readonly seed: number;
  readonly truncation: number;
  readonly model?: string;
  readonly codes?: string;
  readonly json?: boolean;
}

export const sampleCommand = (): Command => {
  const edits: Edit[] = [];
  return withEdits(
    withDevice(new Command('sample'))
      .summary('make pictures, at random or of what is asked for')
      .description(
        'Writes a sheet of pictures of random codes. With --set or --light codes are drawn that show that, through the flow; what is not ' +
          'set is taken from random pictures.',
      )
      .requiredOption('-o, --output <file.png>', 'required: sheet to write')
      .option('--n <count>', 'pictures', positiveInteger, 16)
      .option('--seed <n>', 'of the codes', nonNegativeInteger, 0)
      .addOption(truncationOption())
      .addOption(modelOption())
      .option('--codes <file.npy>', 'write the codes [n, rows, D] too')
      .option('--json', 'print what the pictures show as JSON'),
    edits,
  ).action((options: SampleCommandOptions) => onDevice(options, () => run(options, edits)));
};

async function run(options: SampleCommandOptions, edits: readonly Edit[]): Promise<void> {
  const { output, n, seed, truncation, model, codes: path, json } = options;
  if (extname(output).toLowerCase() !== '.png') throw new InputError(`${output}: a sheet is written as .png`);
  const editor = await loadEditor(model);
  try {
    const random = await editor.sample(n, { seed, truncation });
    const codes =
      edits.length === 0
        ? random
        : await editor.sampleShowing(
            (await editor.look(random)).map((shown) => asked(editor, shown, edits)),
            seed,
          );
    await writePng(output, sheet(await editor.render(codes)));
    if (path !== undefined) await writeNpy(path, stacked(codes));
    const shown = await editor.look(codes);
    printResult(json, { output, codes: path, shown }, () => `${output}: ${n} pictures`);
  } finally {
    await editor.release();
  }
}

/** What a picture shows with changes. */
function asked({ table }: Editor, { light, attributes }: Shown, edits: readonly Edit[]): Shown {
  const values = [...Array.from(light), ...Array.from(attributes)];
  for (const { kind, name, value } of edits) {
    if (kind === 'attribute') values[9 + indexOf(table, name)] = value;
    else {
      const towards = table.lights[name];
      if (!towards) {
        throw new InputError(
          `there is no light ${name}; there are: ${Object.keys(table.lights).join(', ') || 'none'}`,
        );
      }
      for (const [k, to] of towards.entries()) values[k]! += value * (to - values[k]!);
    }
  }
  return shownBy(values);
}
