/**
 * @module `sextant edit apply`
 */
import { blank, type Image } from '@sextant/image';
import { InputError } from '@sextant/io';
import { type DeviceOptions, onDevice, printResult, withDevice } from '@sextant/system';
import { Command } from 'commander';
import { shownBy } from '../attributes.js';
import { loadEditor } from '../load.js';
import { squared } from '../squared.js';
import { applyEdits, type Edit, notesOf, withEdits } from './edits.js';
import { forceOption, modelOption } from './options.js';
import { checkPictureOutputs, type PictureOutputs, withPictureOutputs, writePictures } from './outputs.js';
import { checkSource, readSources, SOURCE_ARGUMENT } from './sources.js';

interface ApplyCommandOptions extends DeviceOptions, PictureOutputs {
  readonly model?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const applyCommand = (): Command => {
  const edits: Edit[] = [];
  return withEdits(
    withPictureOutputs(withDevice(new Command('apply')))
      .summary('edit pictures: attributes and light, in the order given')
      .description(
        'Writes a sheet with a row for each code: source, edit, difference, and before them the picture where one was given. Edits are chained: each begins at the one before. A ' +
          "picture's code is found first: by the encoder, or, where the model has none, by descent, which takes a while (see project).",
      )
      .argument('<source>', SOURCE_ARGUMENT)
      .addOption(modelOption())
      .addOption(forceOption())
      .option('--quiet', 'no progress')
      .option('--json', 'print what was asked for and what the pictures show as JSON'),
    edits,
  ).action((source: string, options: ApplyCommandOptions) =>
    onDevice(options, () => run(source, options, edits)),
  );
};

async function run(source: string, options: ApplyCommandOptions, edits: readonly Edit[]): Promise<void> {
  const { output, model, codes: path, pictures, quiet = false, json } = options;
  if (edits.length === 0)
    throw new InputError('nothing is to be edited: give --set yaw=20 or --light left=0.5');
  checkSource(source);
  await checkPictureOutputs([source], options);
  const editor = await loadEditor(model);
  try {
    const notes = notesOf(editor.table, edits);
    if (!quiet) for (const note of notes) process.stderr.write(`${note}\n`);
    const sources = await readSources(source, editor, options);
    const codes = sources.map(({ code }) => code);
    const edited = [];
    const targets = [];
    for (const code of codes) {
      const session = await editor.open(code);
      await applyEdits(session, edits);
      edited.push(session.w);
      targets.push(shownBy(session.target));
    }
    const [before, images] = [await editor.render(codes), await editor.render(edited)];
    const given = sources.every(({ picture }) => picture);
    const rows = before.flatMap((image, i) => [
      ...(given ? [squared(sources[i]!.picture!, image.width)] : []),
      image,
      images[i]!,
      difference(image, images[i]!),
    ]);
    const labels = [...(given ? ['picture'] : []), 'source', 'edit', 'difference'];
    await writePictures(options, { codes: edited, images, rows, labels });
    const shown = { before: await editor.look(codes), after: await editor.look(edited) };
    printResult(
      json,
      { output, codes: path, pictures, targets, shown },
      () => `${output}: ${codes.length} edited`,
    );
  } finally {
    await editor.release();
  }
}

/** What differs, about a middle grey. */
export function difference(a: Image, b: Image): Image {
  const image = blank(a.width, a.height);
  for (const [i, value] of a.data.entries()) image.data[i] = Math.round(127.5 + (b.data[i]! - value) / 2);
  return image;
}
