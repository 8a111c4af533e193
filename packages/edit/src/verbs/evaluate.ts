/**
 * @module `sextant edit evaluate`
 */
import { InputError, within } from '@sextant/io';
import {
  type DeviceOptions,
  nonNegativeInteger,
  onDevice,
  positiveInteger,
  printResult,
  withDevice,
} from '@sextant/system';
import { Progress } from '@sextant/train';
import { Command, InvalidArgumentError } from 'commander';
import type { Editor } from '../editor.js';
import { type ChainPoint, measureChain } from '../evaluation/chain.js';
import {
  type MethodFigures,
  measureMethod,
  methodsOf,
  populationOf,
  subjectsOf,
} from '../evaluation/compare.js';
import { type FlowQuality, measureFlow } from '../evaluation/flow-quality.js';
import { type LightFigures, measureLights } from '../evaluation/lights.js';
import { measureTruth, ofHeads, type TruthFigures } from '../evaluation/truth.js';
import { checkCodes, readCodes, splitCodes } from '../flow/codes.js';
import { loadRecognizer } from '../identity/load.js';
import type { Recognizer } from '../identity/recognizer.js';
import { loadEditor } from '../load.js';
import type { CodeEditor } from '../session.js';
import {
  chainTable,
  flowTable,
  leakageTable,
  lightsTable,
  methodsTable,
  truthTable,
} from './evaluate-tables.js';
import { modelOption, truncationOption } from './options.js';

interface EvaluateCommandOptions extends DeviceOptions {
  readonly model?: string;
  readonly n: number;
  readonly seed: number;
  readonly truncation: number;
  readonly fitted: number;
  readonly chain: number;
  readonly heads: number;
  readonly codes?: string;
  readonly heldOut: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Codes of the first few that are edited, which go through a chain. */
const CHAINS = 8;

export const evaluateCommand = (): Command =>
  withDevice(new Command('evaluate'))
    .summary('measure how well edits change what is asked and nothing else')
    .description(
      'Edits every attribute of random codes, by the flow, by directions of a linear regression and by principal components, and looks at the ' +
        "pictures with the estimator. Where the model has an `identity` (see train-identity), it tells whether they still show the same person. Then chains of edits, and with --codes the flow's likelihood.",
    )
    .addOption(modelOption())
    .option('--n <count>', 'codes', positiveInteger, 32)
    .option('--seed <n>', 'of the codes', nonNegativeInteger, 1)
    .addOption(truncationOption())
    .option(
      '--fitted <count>',
      'other codes: straight lines and deviations are theirs',
      positiveInteger,
      4096,
    )
    .option('--chain <edits>', 'edits of a chain; 0 for none', nonNegativeInteger, 50)
    .option(
      '--heads <count>',
      'procedural heads of other people, found and edited, and compared with what is rendered for the same values; only for models of them',
      nonNegativeInteger,
      0,
    )
    .option('--codes <folder>', 'what the flow was trained on: tries it on the codes that were held out')
    .option('--held-out <share>', 'share of them that was held out, the last ones', share, 0.05)
    .option('--quiet', 'no progress')
    .option('--json', 'print everything as JSON')
    .addHelpText('after', `\n${EXPLAINED}`)
    .action((options: EvaluateCommandOptions) => onDevice(options, () => run(options)));

const EXPLAINED = `response     correlation of the values asked for, along the slider, with those that the estimator sees
gain         slope of the line between them: 1 where what is asked for is obtained; of light, of the way to it
order        difference of what is seen when two edits change places, mean over the others, in deviations
asked        what has to be asked for to obtain a change of one deviation in the mean over codes; what stands to the right is measured there
leakage      mean change of the other attributes and the light meanwhile, in deviations
way          share of the true change of the pixels that is made, and the cosine between both changes; of the target: by its own code
cosine, …    between the vectors of the persons before and after
mean         from asked on over the attributes whose change every method obtained`;

function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('It must be a number between 0 and 1.');
  return value;
}

async function run(options: EvaluateCommandOptions): Promise<void> {
  const {
    model,
    n,
    seed,
    truncation,
    fitted,
    chain: edits,
    heads,
    codes,
    heldOut,
    quiet = false,
    json,
  } = options;
  const editor = await loadEditor(model);
  const progress = new Progress({ quiet });
  let recognizer: Recognizer | undefined;
  try {
    if (heads > 0 && !ofHeads(editor.table)) {
      throw new InputError('--heads: the attributes of this model are not those of procedural heads');
    }
    const flow = codes === undefined ? undefined : await flowQuality(editor.parts.codes, codes, heldOut);
    recognizer = await loadRecognizer(model);
    progress.show('drawing codes');
    const population = await populationOf(editor, { count: fitted, truncation });
    const subjects = await subjectsOf(editor, { count: n, seed, truncation, recognizer, population });
    const methods: MethodFigures[] = [];
    const ways = await methodsOf(editor, population.codes);
    for (const way of ways) {
      progress.show(`edits by ${way.name}`);
      methods.push(await measureMethod(way, subjects));
    }
    const truth =
      heads > 0
        ? await measureTruth(editor, ways, {
            count: heads,
            seed,
            onProgress: (done, all) => progress.show(`head ${done + 1} of ${all}`),
          })
        : undefined;
    progress.show('edits of the light');
    const lights = await measureLights(editor.parts.codes, subjects);
    progress.show('chains of edits');
    const chain =
      edits > 0
        ? await measureChain(editor, subjects.codes.slice(0, CHAINS), {
            ...subjects,
            edits,
            seed,
            population,
          })
        : undefined;
    progress.close();
    const found: Found = { codes: n, heads, methods, lights, truth, chain, flow };
    printResult(json, found, () => text(editor, found));
  } finally {
    progress.close();
    await recognizer?.release();
    await editor.release();
  }
}

interface Found {
  readonly codes: number;
  readonly heads: number;
  readonly methods: readonly MethodFigures[];
  readonly lights: readonly LightFigures[];
  readonly truth: readonly TruthFigures[] | undefined;
  readonly chain: readonly ChainPoint[] | undefined;
  readonly flow: FlowQuality | undefined;
}

function text({ table }: Editor, { codes, heads, methods, lights, truth, chain, flow }: Found): string {
  const [first] = methods;
  return [
    `Edits of ${codes} codes, by attribute`,
    methodsTable(methods, table),
    ...(first!.changes.some(({ equal }) => equal)
      ? [
          `What changes when ${first!.method} changes the attribute of a row by one deviation, in deviations`,
          leakageTable(first!, table),
        ]
      : []),
    ...(lights.length > 0
      ? ['The same codes in other light, at full strength', lightsTable(lights, table)]
      : []),
    ...(truth ? [`Edits of ${heads} held-out heads beside the truth`, truthTable(truth, table)] : []),
    ...(chain
      ? [`Chains of random edits of ${Math.min(codes, CHAINS)} codes`, chainTable(chain, table)]
      : []),
    ...(flow ? [`The flow on ${flow.codes} held-out codes`, flowTable(flow)] : []),
  ].join('\n\n');
}

/** @throws InputError when the codes are none of the flow's. */
async function flowQuality(
  { flow, table }: CodeEditor,
  folder: string,
  heldOut: number,
): Promise<FlowQuality> {
  const codes = await readCodes(folder, table);
  within(folder, () => checkCodes(codes, flow.config));
  const { training, held } = splitCodes(codes, heldOut);
  if (!held) throw new InputError(`${folder}: ${codes.w.shape[0]} codes are too few to hold some out`);
  return measureFlow(flow, { training, held });
}
