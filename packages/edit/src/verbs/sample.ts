/**
 * @module `sextant edit sample`
 */
import { InputError } from '@sextant/io';
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
import { loadEditor } from '../load.js';
import { type Edit, notesOf, withEdits } from './edits.js';
import { modelOption, truncationOption } from './options.js';
import { checkPictureOutputs, type PictureOutputs, withPictureOutputs, writePictures } from './outputs.js';

interface SampleCommandOptions extends DeviceOptions, PictureOutputs {
  readonly n: number;
  readonly seed: number;
  readonly truncation: number;
  readonly model?: string;
  readonly json?: boolean;
}

/** Pictures on a sheet. */
const MOST = 4096;

export const sampleCommand = (): Command => {
  const edits: Edit[] = [];
  return withEdits(
    withPictureOutputs(withDevice(new Command('sample')))
      .summary('make pictures, at random or of what is asked for')
      .description(
        'Writes a sheet of pictures of random codes. With --set or --light codes are drawn that show that, through the flow, as far from their mean as those ' +
          'that it learnt; what is not set is taken from random pictures, and --truncation is theirs.',
      )
      .option('--n <count>', 'pictures', positiveInteger, 16)
      .option('--seed <n>', 'of the codes', nonNegativeInteger, 0)
      .addOption(truncationOption())
      .addOption(modelOption())
      .option('--json', 'print what the pictures show as JSON'),
    edits,
  ).action((options: SampleCommandOptions) => onDevice(options, () => run(options, edits)));
};

async function run(options: SampleCommandOptions, edits: readonly Edit[]): Promise<void> {
  const { output, n, seed, truncation, model, codes: path, pictures, json } = options;
  if (n > MOST) throw new InputError(`${n} pictures do not fit a sheet; it holds ${MOST} at most`);
  await checkPictureOutputs([], options);
  const editor = await loadEditor(model);
  try {
    for (const note of notesOf(editor.table, edits)) process.stderr.write(`${note}\n`);
    const random = await editor.sample(n, { seed, truncation });
    const codes =
      edits.length === 0
        ? random
        : await editor.sampleShowing(
            (await editor.look(random)).map((shown) => asked(editor.table, shown, edits)),
            seed,
          );
    const images = await editor.render(codes);
    await writePictures(options, { codes, images, rows: images });
    const shown = await editor.look(codes);
    printResult(json, { output, codes: path, pictures, shown }, () => `${output}: ${n} pictures`);
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
