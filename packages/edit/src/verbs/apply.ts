/**
 * @module `sextant edit apply`
 */
import { extname } from 'node:path';
import { blank, type Image, sheet, writePng } from '@sextant/image';
import { checkOutputs, InputError, writeNpy } from '@sextant/io';
import { type DeviceOptions, onDevice, printResult, withDevice } from '@sextant/system';
import { Command } from 'commander';
import { shownBy } from '../attributes.js';
import { stacked } from '../editor.js';
import { loadEditor } from '../load.js';
import { applyEdits, type Edit, withEdits } from './edits.js';
import { forceOption, modelOption } from './options.js';
import { readSources, SOURCE_ARGUMENT } from './sources.js';

interface ApplyCommandOptions extends DeviceOptions {
  readonly output: string;
  readonly model?: string;
  readonly codes?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const applyCommand = (): Command => {
  const edits: Edit[] = [];
  return withEdits(
    withDevice(new Command('apply'))
      .summary('edit pictures: attributes and light, in the order given')
      .description(
        'Writes a sheet with a row for each code: source, edit, difference. Edits are chained: each begins at the one before. A ' +
          "picture's code is found first: by the encoder, or, where the model has none, by descent, which takes a while (see project).",
      )
      .argument('<source>', SOURCE_ARGUMENT)
      .requiredOption('-o, --output <file.png>', 'required: sheet to write')
      .addOption(modelOption())
      .addOption(forceOption())
      .option('--codes <file.npy>', 'write the edited codes [n, rows, D] too')
      .option('--quiet', 'no progress')
      .option('--json', 'print what was asked for and what the pictures show as JSON'),
    edits,
  ).action((source: string, options: ApplyCommandOptions) =>
    onDevice(options, () => run(source, options, edits)),
  );
};

async function run(source: string, options: ApplyCommandOptions, edits: readonly Edit[]): Promise<void> {
  const { output, model, codes: path, quiet = false, json } = options;
  if (extname(output).toLowerCase() !== '.png') throw new InputError(`${output}: a sheet is written as .png`);
  if (edits.length === 0)
    throw new InputError('nothing is to be edited: give --set age=50 or --light left=0.5');
  await checkOutputs([source], [output, ...(path === undefined ? [] : [path])]);
  const editor = await loadEditor(model);
  try {
    const sources = await readSources(source, editor, options);
    const notes = new Set<string>();
    const edited = [];
    const targets = [];
    for (const code of sources) {
      const session = await editor.open(code);
      await applyEdits(session, edits, (note) => notes.add(note));
      edited.push(session.w);
      targets.push(shownBy(session.target));
    }
    if (!quiet) for (const note of notes) process.stderr.write(`${note}\n`);
    const [before, after] = [await editor.render(sources), await editor.render(edited)];
    const rows = before.flatMap((image, i) => [image, after[i]!, difference(image, after[i]!)]);
    await writePng(output, sheet(rows, { columns: 3, columnLabels: ['source', 'edit', 'difference'] }));
    if (path !== undefined) await writeNpy(path, stacked(edited));
    const shown = { before: await editor.look(sources), after: await editor.look(edited) };
    printResult(json, { output, codes: path, targets, shown }, () => `${output}: ${sources.length} edited`);
  } finally {
    await editor.release();
  }
}

/** What differs, about a middle grey. */
export function difference(a: Image, b: Image): Image {
  const image = blank(a.width, a.height);
  for (const [i, value] of a.data.entries()) image.data[i] = 128 + Math.round((b.data[i]! - value) / 2);
  return image;
}
