/**
 * @module `sextant edit evaluate`
 */
import { NDArray } from '@sextant/engine';
import {
  type DeviceOptions,
  formatTable,
  nonNegativeInteger,
  onDevice,
  positiveInteger,
  printResult,
  withDevice,
} from '@sextant/system';
import { Command } from 'commander';
import { contextOf } from '../attributes.js';
import type { Editor } from '../editor.js';
import { componentSteps, flowEdits, regressionSteps, straightLines } from '../evaluation/directions.js';
import {
  type Disentanglement,
  type EditMethod,
  meanLeakage,
  measureDisentanglement,
  orderDifference,
} from '../evaluation/disentanglement.js';
import type { CodeSet } from '../flow/codes.js';
import { loadEditor } from '../load.js';
import { modelOption, truncationOption } from './options.js';

interface EvaluateCommandOptions extends DeviceOptions {
  readonly model?: string;
  readonly n: number;
  readonly seed: number;
  readonly truncation: number;
  readonly json?: boolean;
}

/** Codes that straight lines are fitted to. */
const FITTED = 4000;

export const evaluateCommand = (): Command =>
  withDevice(new Command('evaluate'))
    .summary('measure how well edits change what is asked and nothing else')
    .description(
      'Edits every attribute of random codes to five values, by the flow, by directions of a linear regression and by principal components, ' +
        'and looks at the pictures with the estimator.',
    )
    .addOption(modelOption())
    .option('--n <count>', 'codes', positiveInteger, 32)
    .option('--seed <n>', 'of the codes', nonNegativeInteger, 1)
    .addOption(truncationOption())
    .option('--json', 'print everything as JSON')
    .action((options: EvaluateCommandOptions) => onDevice(options, () => run(options)));

async function run({ model, n, seed, truncation, json }: EvaluateCommandOptions): Promise<void> {
  const editor = await loadEditor(model);
  try {
    const codes = await editor.sample(n, { seed, truncation });
    const look = (edited: readonly NDArray[]) => editor.look(edited);
    const { table } = editor;
    const results: (Disentanglement & { method: string; meanLeakage: number; order: number })[] = [];
    for (const method of await methodsOf(editor, truncation)) {
      const measured = await measureDisentanglement(method, table, codes, look);
      const [p, q] = [pairValue(editor, 0), pairValue(editor, table.attributes.length - 1)];
      const order = await orderDifference(method, codes, look, p, q);
      results.push({ method: method.name, ...measured, meanLeakage: meanLeakage(measured), order });
    }
    printResult(json, results, () =>
      formatTable(
        results.flatMap(({ method, response, gain, leakage, meanLeakage: mean, order }) => [
          ...table.attributes.map(({ name }, i) => ({
            method: i === 0 ? method : '',
            edited: name,
            response: response[i]!.toFixed(3),
            gain: gain[i]!.toFixed(3),
            ...Object.fromEntries(table.attributes.map((a, k) => [a.name, leakage[i]![k]!.toFixed(2)])),
          })),
          {
            method: '',
            edited: 'mean leakage',
            response: mean.toFixed(3),
            gain: `order ${order.toFixed(3)}`,
          },
        ]),
      ),
    );
  } finally {
    await editor.release();
  }
}

/** An attribute's place, and three quarters of the way along its slider. */
function pairValue({ table }: Editor, index: number): readonly [number, number] {
  const [low, high] = table.attributes[index]!.range;
  return [index, low + 0.75 * (high - low)];
}

/** The flow, and what it is compared to, fitted to the same codes. */
async function methodsOf(editor: Editor, truncation: number): Promise<EditMethod[]> {
  const fitted = await editor.sample(FITTED, { seed: 0, truncation });
  const shown = await editor.look(fitted);
  const dimension = fitted[0]!.shape[1]!;
  const w = new Float32Array(FITTED * dimension);
  for (const [i, code] of fitted.entries())
    w.set((code.data as Float32Array).subarray(0, dimension), i * dimension);
  const context = Float32Array.from(shown.flatMap(contextOf));
  const codes: CodeSet = {
    w: new NDArray(w, [FITTED, 1, dimension], 'float32'),
    context: new NDArray(context, [FITTED, context.length / FITTED], 'float32'),
  };
  return [
    flowEdits(editor.parts.codes),
    straightLines('regression', await regressionSteps(codes), editor.table),
    straightLines('components', await componentSteps(codes), editor.table),
  ];
}
