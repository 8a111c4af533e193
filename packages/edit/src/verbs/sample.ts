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
import {
  type AttributeTable,
  attributeValue,
  LIGHT_COEFFICIENTS,
  lightStrength,
  type Shown,
  shownBy,
} from '../attributes.js';
import { stacked } from '../editor.js';
import { loadEditor } from '../load.js';
import { type Edit, notesOf, withEdits } from './edits.js';
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

/** Pictures on a sheet. */
const MOST = 4096;

export const sampleCommand = (): Command => {
  const edits: Edit[] = [];
  return withEdits(
    withDevice(new Command('sample'))
      .summary('make pictures, at random or of what is asked for')
      .description(
        'Writes a sheet of pictures of random codes. With --set or --light codes are drawn that show that, through the flow, as far from their mean as those ' +
          'that it learnt; what is not set is taken from random pictures, and --truncation is theirs.',
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
  if (n > MOST) throw new InputError(`${n} pictures do not fit a sheet; it holds ${MOST} at most`);
  const editor = await loadEditor(model);
  try {
    for (const note of notesOf(editor.table, edits)) console.error(note);
    const random = await editor.sample(n, { seed, truncation });
    const codes =
      edits.length === 0
        ? random
        : await editor.sampleShowing(
            (await editor.look(random)).map((shown) => asked(editor.table, shown, edits)),
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
function asked(table: AttributeTable, { light, attributes }: Shown, edits: readonly Edit[]): Shown {
  const values = [...Array.from(light), ...Array.from(attributes)];
  for (const { kind, name, value } of edits) {
    if (kind === 'attribute') {
      const { index, value: inside } = attributeValue(table, name, value);
      values[LIGHT_COEFFICIENTS + index] = inside;
    } else {
      const { light: towards, strength } = lightStrength(table, name, value);
      for (const [k, to] of towards.entries()) values[k]! += strength * (to - values[k]!);
    }
  }
  return shownBy(values);
}
