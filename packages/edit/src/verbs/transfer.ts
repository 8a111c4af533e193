/**
 * @module `sextant edit transfer`
 */
import { type DeviceOptions, onDevice, printResult, withDevice } from '@sextant/system';
import { Command, InvalidArgumentError } from 'commander';
import { indexOf } from '../attributes.js';
import { loadEditor } from '../load.js';
import { squared } from '../squared.js';
import { forceOption, modelOption } from './options.js';
import { checkPictureOutputs, type PictureOutputs, withPictureOutputs, writePictures } from './outputs.js';
import { checkSource, readSources, SOURCE_ARGUMENT } from './sources.js';

interface TransferCommandOptions extends DeviceOptions, PictureOutputs {
  readonly reference: string;
  readonly strength: number;
  readonly only?: string;
  readonly model?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const strength = (text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
};

export const transferCommand = (): Command =>
  withPictureOutputs(withDevice(new Command('transfer')))
    .summary('give pictures the attributes and light of another')
    .description('Writes a sheet with a row for each code: source, reference, result.')
    .argument('<source>', SOURCE_ARGUMENT)
    .requiredOption('--reference <source>', `required: ${SOURCE_ARGUMENT}; the first is taken`)
    .option('--strength <s>', '0: the source, 1: the reference', strength, 1)
    .option('--only <names>', 'some attributes, such as age,glasses,light')
    .addOption(modelOption())
    .addOption(forceOption())
    .option('--quiet', 'no progress')
    .option('--json', 'print the result as JSON')
    .action((source: string, options: TransferCommandOptions) =>
      onDevice(options, () => run(source, options)),
    );

async function run(source: string, options: TransferCommandOptions): Promise<void> {
  const { reference, output, only, model, codes: path, pictures, json } = options;
  for (const each of [source, reference]) checkSource(each);
  await checkPictureOutputs([source, reference], options);
  const names = only?.split(',').map((name) => name.trim());
  const editor = await loadEditor(model);
  try {
    for (const name of names ?? []) if (name !== 'light') indexOf(editor.table, name);
    const sources = await readSources(source, editor, options);
    const [other] = await readSources(reference, editor, { ...options, first: true });
    const codes = sources.map(({ code }) => code);
    const [shown] = await editor.look([other!.code]);
    const edited = [];
    for (const code of codes) {
      const session = await editor.open(code);
      await session.transfer(shown!, options.strength, names);
      edited.push(session.w);
    }
    const [before, images] = [await editor.render(codes), await editor.render(edited)];
    const [made] = await editor.render([other!.code]);
    const shownAs = other!.picture ? squared(other!.picture, made!.width) : made!;
    const rows = before.flatMap((image, i) => [image, shownAs, images[i]!]);
    await writePictures(options, { codes: edited, images, rows, labels: ['source', 'reference', 'result'] });
    printResult(
      json,
      { output, codes: path, pictures, reference: shown },
      () => `${output}: ${codes.length} edited`,
    );
  } finally {
    await editor.release();
  }
}
