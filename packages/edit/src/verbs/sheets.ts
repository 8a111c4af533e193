/**
 * @module `sextant edit sheets`
 */
import { join } from 'node:path';
import type { NDArray } from '@sextant/engine';
import { writePng } from '@sextant/image';
import { checkOutputs, makeFolder } from '@sextant/io';
import {
  type DeviceOptions,
  nonNegativeInteger,
  onDevice,
  positiveInteger,
  printResult,
  withDevice,
} from '@sextant/system';
import { Command } from 'commander';
import type { Editor } from '../editor.js';
import { sliderValues } from '../evaluation/disentanglement.js';
import { loadEditor } from '../load.js';
import type { EditSession } from '../session.js';
import { modelOption, truncationOption } from './options.js';
import { sheetOf } from './outputs.js';

interface SheetsCommandOptions extends DeviceOptions {
  readonly output: string;
  readonly model: string;
  readonly n: number;
  readonly seed: number;
  readonly steps: number;
  readonly truncation: number;
  readonly json?: boolean;
}

export const sheetsCommand = (): Command =>
  withDevice(new Command('sheets'))
    .summary('pictures of every attribute and light at several strengths')
    .description(
      'Writes <attribute>.png for each attribute and light-<name>.png for each light: a row for each of some random pictures, the picture itself, then the ' +
        'edits along the slider.',
    )
    .requiredOption('-o, --output <folder>', 'required: folder to write to')
    .addOption(modelOption())
    .option('--n <count>', 'pictures, which are rows', positiveInteger, 5)
    .option('--seed <n>', "the first picture's; the next ones follow", nonNegativeInteger, 0)
    .option('--steps <count>', 'strengths, which are columns', positiveInteger, 5)
    .addOption(truncationOption())
    .option('--json', 'print what was asked for and what the pictures show as JSON')
    .action((options: SheetsCommandOptions) => onDevice(options, () => run(options)));

/** One sheet: strengths of something, and how it is given one. */
interface Strengths {
  readonly file: string;
  readonly edited: string;
  readonly values: readonly number[];
  apply(session: EditSession, value: number): Promise<unknown>;
}

async function run({ output, model, n, seed, steps, truncation, json }: SheetsCommandOptions): Promise<void> {
  const editor = await loadEditor(model);
  try {
    const sheets = sheetsOf(editor, steps);
    const files = sheets.map(({ file }) => join(output, file));
    await makeFolder(output);
    await checkOutputs([], files);
    const seeds = Array.from({ length: n }, (_, i) => seed + i);
    const codes: NDArray[] = [];
    for (const s of seeds) codes.push(...(await editor.sample(1, { seed: s, truncation })));
    const sources = await editor.render(codes);
    const shown = await editor.look(codes);
    const results = [];
    for (const [at, { edited, values, apply }] of sheets.entries()) {
      const all: NDArray[] = [];
      for (const [i, code] of codes.entries()) {
        for (const value of values) {
          const session = await editor.open(code, shown[i]!);
          await apply(session, value);
          all.push(session.w);
        }
      }
      const images = await editor.render(all);
      const rows = sources.flatMap((source, i) => [source, ...images.slice(i * steps, (i + 1) * steps)]);
      const columnLabels = ['source', ...values.map((value) => `${edited} ${label(value)}`)];
      const rowLabels = seeds.map((s) => `seed ${s}`);
      await writePng(files[at]!, sheetOf(rows, { columns: steps + 1, columnLabels, rowLabels }));
      results.push({ file: files[at], edited, values, shown: await editor.look(all) });
    }
    printResult(json, { seeds, source: shown, sheets: results }, () => files.join('\n'));
  } finally {
    await editor.release();
  }
}

function sheetsOf({ table: { attributes, lights } }: Editor, steps: number): Strengths[] {
  return [
    ...attributes.map(
      ({ name, range }): Strengths => ({
        file: `${name.toLowerCase()}.png`,
        edited: name,
        values: sliderValues(range, steps),
        apply: (session, value) => session.set({ [name]: value }),
      }),
    ),
    ...Object.keys(lights).map(
      (name): Strengths => ({
        file: `light-${name}.png`,
        edited: name,
        values: sliderValues([0, 1], steps),
        apply: (session, value) => session.light({ [name]: value }),
      }),
    ),
  ];
}

/** Two digits after the point, without zeros at the end. */
const label = (value: number): string => String(Number(value.toFixed(2)));
