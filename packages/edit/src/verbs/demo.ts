/**
 * @module `sextant edit demo`
 */
import { join } from 'node:path';
import type { NDArray } from '@sextant/engine';
import { type Image, writeAnimation, writePng } from '@sextant/image';
import { makeFolder } from '@sextant/io';
import { type DeviceOptions, nonNegativeInteger, onDevice, printResult, withDevice } from '@sextant/system';
import { Command } from 'commander';
import type { Editor } from '../editor.js';
import { loadEditor } from '../load.js';
import { modelOption } from './options.js';
import { sheetOf } from './outputs.js';

interface DemoCommandOptions extends DeviceOptions {
  readonly output: string;
  readonly seed: number;
  readonly model?: string;
  readonly json?: boolean;
}

/** Random pictures of the first sheet. */
const SAMPLES = 16;
/** Pictures of an attribute from one end of its slider to the other. */
const STRENGTHS = 5;
/** Frames of the animation from one end to the other. */
const FRAMES = 16;

export const demoCommand = (): Command =>
  withDevice(new Command('demo'))
    .summary('see what editing does: samples, edits, an animation')
    .description(
      'Writes samples.png: random pictures; edits.png: one of them with each attribute from one end of its slider to the other; ' +
        'and turning.gif: its head turning.',
    )
    .option('-o, --output <folder>', 'folder to write to', 'edit-demo')
    .option('--seed <n>', 'of the pictures', nonNegativeInteger, 0)
    .addOption(modelOption())
    .option('--json', 'print the paths as JSON')
    .action((options: DemoCommandOptions) => onDevice(options, () => run(options)));

async function run({ output, seed, model, json }: DemoCommandOptions): Promise<void> {
  const editor = await loadEditor(model);
  try {
    await makeFolder(output);
    const paths = {
      samples: join(output, 'samples.png'),
      edits: join(output, 'edits.png'),
      animation: join(output, 'turning.gif'),
    };
    const codes = await editor.sample(SAMPLES, { seed });
    await writePng(paths.samples, sheetOf(await editor.render(codes)));
    const { attributes } = editor.table;
    const rows: Image[] = [];
    for (const { name, range } of attributes) {
      rows.push(...(await along(editor, codes[0]!, name, range, STRENGTHS)));
    }
    await writePng(
      paths.edits,
      sheetOf(rows, {
        columns: STRENGTHS,
        columnLabels: ['lowest', '', 'middle', '', 'highest'],
        rowLabels: attributes.map(({ name }) => name),
      }),
    );
    const turned = attributes.find(({ name }) => name === 'Yaw') ?? attributes[0]!;
    const frames = await along(editor, codes[0]!, turned.name, turned.range, FRAMES);
    await writeAnimation(paths.animation, [...frames, ...frames.slice(1, -1).reverse()], { fps: 12 });
    printResult(json, paths, () => Object.values(paths).join('\n'));
  } finally {
    await editor.release();
  }
}

/** A picture with an attribute at `count` places from one end of its slider to the other, each edited from the source. */
async function along(
  editor: Editor,
  code: NDArray,
  name: string,
  [low, high]: readonly [number, number],
  count: number,
): Promise<Image[]> {
  const images: Image[] = [];
  for (let i = 0; i < count; i++) {
    const session = await editor.open(code);
    await session.set({ [name]: low + (i / (count - 1)) * (high - low) });
    images.push(await session.render());
  }
  return images;
}
