/**
 * @module `sextant edit transfer`
 */
import { extname } from 'node:path';
import { sheet, writePng } from '@sextant/image';
import { checkOutputs, InputError, writeNpy } from '@sextant/io';
import { type DeviceOptions, onDevice, printResult, withDevice } from '@sextant/system';
import { Command, InvalidArgumentError } from 'commander';
import { stacked } from '../editor.js';
import { loadEditor } from '../load.js';
import { forceOption, modelOption } from './options.js';
import { readSources, SOURCE_ARGUMENT } from './sources.js';

interface TransferCommandOptions extends DeviceOptions {
  readonly reference: string;
  readonly output: string;
  readonly strength: number;
  readonly only?: string;
  readonly model?: string;
  readonly codes?: string;
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
  withDevice(new Command('transfer'))
    .summary('give pictures the attributes and light of another')
    .description('Writes a sheet with a row for each code: source, reference, result.')
    .argument('<source>', SOURCE_ARGUMENT)
    .requiredOption('--reference <source>', `required: ${SOURCE_ARGUMENT}; the first is taken`)
    .requiredOption('-o, --output <file.png>', 'required: sheet to write')
    .option('--strength <s>', '0: the source, 1: the reference', strength, 1)
    .option('--only <names>', 'some attributes, such as age,glasses,light')
    .addOption(modelOption())
    .addOption(forceOption())
    .option('--codes <file.npy>', 'write the codes [n, rows, D] too')
    .option('--quiet', 'no progress')
    .option('--json', 'print the result as JSON')
    .action((source: string, options: TransferCommandOptions) =>
      onDevice(options, () => run(source, options)),
    );

async function run(source: string, options: TransferCommandOptions): Promise<void> {
  const { reference, output, only, model, codes: path, json } = options;
  if (extname(output).toLowerCase() !== '.png') throw new InputError(`${output}: a sheet is written as .png`);
  await checkOutputs([source, reference], [output, ...(path === undefined ? [] : [path])]);
  const editor = await loadEditor(model);
  try {
    const sources = await readSources(source, editor, options);
    const [other] = await readSources(reference, editor, options);
    const [shown] = await editor.look([other!]);
    const edited = [];
    for (const code of sources) {
      const session = await editor.open(code);
      await session.transfer(
        shown!,
        options.strength,
        only?.split(',').map((name) => name.trim()),
      );
      edited.push(session.w);
    }
    const [before, after] = [await editor.render(sources), await editor.render(edited)];
    const [picture] = await editor.render([other!]);
    const rows = before.flatMap((image, i) => [image, picture!, after[i]!]);
    await writePng(output, sheet(rows, { columns: 3, columnLabels: ['source', 'reference', 'result'] }));
    if (path !== undefined) await writeNpy(path, stacked(edited));
    printResult(json, { output, codes: path, reference: shown }, () => `${output}: ${sources.length} edited`);
  } finally {
    await editor.release();
  }
}
