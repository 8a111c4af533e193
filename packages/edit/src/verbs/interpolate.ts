/**
 * @module `sextant edit interpolate`
 */
import { checkAnimationPath, writeAnimation } from '@sextant/image';
import { checkOutputs, InputError } from '@sextant/io';
import { type DeviceOptions, onDevice, positiveInteger, printResult, withDevice } from '@sextant/system';
import { Command } from 'commander';
import { attributeValue } from '../attributes.js';
import { loadEditor } from '../load.js';
import { applyEdits, type Edit, notesOf, parsedList } from './edits.js';
import { forceOption, modelOption } from './options.js';
import { checkSource, readSources, SOURCE_ARGUMENT } from './sources.js';

interface InterpolateCommandOptions extends DeviceOptions {
  readonly output: string;
  readonly from: string;
  readonly to: string;
  readonly frames: number;
  readonly fps: number;
  readonly model?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const interpolateCommand = (): Command =>
  withDevice(new Command('interpolate'))
    .summary('an animation of attributes that change')
    .description(
      'Attributes go from the values of --from to those of --to and back, each frame edited from the source.',
    )
    .argument('<source>', `${SOURCE_ARGUMENT}; the first is taken`)
    .requiredOption('--from <values>', 'required: such as smile=-1,yaw=-20')
    .requiredOption('--to <values>', 'required: the same attributes at the other end')
    .requiredOption('-o, --output <file>', 'required: .gif, .webp or .mp4 to write')
    .option('--frames <n>', 'from one end to the other', positiveInteger, 24)
    .option('--fps <n>', 'frames in a second', positiveInteger, 20)
    .addOption(modelOption())
    .addOption(forceOption())
    .option('--quiet', 'no progress')
    .option('--json', 'print the result as JSON')
    .action((source: string, options: InterpolateCommandOptions) =>
      onDevice(options, () => run(source, options)),
    );

async function run(source: string, options: InterpolateCommandOptions): Promise<void> {
  const { output, frames, fps, model, quiet = false, json } = options;
  checkAnimationPath(output);
  checkSource(source);
  await checkOutputs([source], [output]);
  const [from, to] = [parsedList(options.from), parsedList(options.to)];
  if (from.map(({ name }) => name).join() !== to.map(({ name }) => name).join()) {
    throw new InputError('--from and --to need the same attributes in the same order');
  }
  const editor = await loadEditor(model);
  try {
    for (const note of notesOf(editor.table, [...from, ...to])) if (!quiet) process.stderr.write(`${note}\n`);
    const inside = ({ name, value }: Edit) => attributeValue(editor.table, name, value).value;
    const [first] = await readSources(source, editor, { ...options, first: true });
    const edited = [];
    for (let frame = 0; frame < frames; frame++) {
      const share = frames === 1 ? 0 : frame / (frames - 1);
      const edits = from.map(
        (edit, i): Edit => ({ ...edit, value: (1 - share) * inside(edit) + share * inside(to[i]!) }),
      );
      const session = await editor.open(first!.code);
      await applyEdits(session, edits);
      edited.push(session.w);
    }
    const images = await editor.render(edited);
    await writeAnimation(output, [...images, ...images.slice(1, -1).reverse()], { fps });
    printResult(
      json,
      { output, frames: images.length },
      () => `${output}: ${images.length} frames there and back`,
    );
  } finally {
    await editor.release();
  }
}
