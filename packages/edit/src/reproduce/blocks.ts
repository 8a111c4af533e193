/**
 * @module Flows of one block and of four, with penalties and without them, trained alike on the model's codes.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Figures,
  type Job,
  type JobContext,
  logLines,
  type Part,
  secondsOf,
  summary,
} from '@sextant/experiment';
import { Progress, Run } from '@sextant/train';
import { HEADS } from '../attributes.js';
import { type FlowQuality, measureFlow } from '../evaluation/flow-quality.js';
import { readCodes, splitCodes } from '../flow/codes.js';
import { type FlowTrainConfig, FlowTrainSchema } from '../flow/config.js';
import { configureFlow, FLOW_PRESETS } from '../flow/presets.js';
import { trainFlow } from '../flow/train.js';
import { flowOf } from '../flow/weights.js';
import { readFlow } from '../load.js';
import { fingerprints } from './model.js';

const PRESET = FLOW_PRESETS.small;
const NO_PENALTIES = { kinetic: 0, jacobian: 0 };

const ROWS = {
  '1 block': { numBlocks: 1, penalties: NO_PENALTIES },
  '1 block, penalties': { numBlocks: 1, penalties: PRESET.penalties },
  '4 blocks': { numBlocks: 4, penalties: NO_PENALTIES },
  '4 blocks, penalties': { numBlocks: 4, penalties: PRESET.penalties },
} as const;

type Variant = (typeof ROWS)[keyof typeof ROWS];

/** As the trainings solve, and as sessions edit. */
const [COARSE, FINE] = [PRESET.solver.rtol, 1e-5];

/** 1e-5, not 0.00001. */
const power = (tolerance: number): string => tolerance.toExponential(0);

const epochsOf = (budget: number): number => Math.max(1, Math.round(PRESET.epochs * budget));

/** What the trainings have in common, and in what they differ. */
function configOf(dimension: number, { numBlocks, penalties }: Variant, budget: number) {
  // Only the number of attributes counts in training.
  const config = configureFlow('small', dimension, HEADS);
  return { ...config, flow: { ...config.flow, numBlocks }, penalties, epochs: epochsOf(budget) };
}

async function measure(
  data: string,
  row: string,
  variant: Variant,
  budget: number,
  { folder, signal }: JobContext,
): Promise<Figures | undefined> {
  const codes = await readCodes(join(data, 'codes'), HEADS);
  const config: FlowTrainConfig = {
    ...configOf(codes.w.shape[2]!, variant, budget),
    data: 'reproduce',
    seed: 0,
  };
  const run = existsSync(join(folder, 'config.json'))
    ? await Run.resume(folder, FlowTrainSchema)
    : await Run.create(folder, FlowTrainSchema, config);
  const progress = new Progress({ unit: 'codes' });
  progress.say(row);
  try {
    const { result } = await trainFlow({
      run,
      codes,
      signal,
      onProgress: progress.update,
      onMessage: progress.say,
    });
    if (!result.finished) return undefined;
  } finally {
    progress.close();
    await run.close();
  }
  const { training, held } = splitCodes(codes, config.heldOut);
  // The best of the training, as an editor takes it.
  const flow = flowOf(await readFlow(folder));
  const quality = await measureFlow(flow, { training, held: held! }, { tolerances: [COARSE, FINE] });
  return {
    ...figuresOf(quality),
    parameters: flow.numParameters,
    'train s': secondsOf(await logLines(folder, 'timing')),
  };
}

function figuresOf({ flow, gaussian, linear, solves }: FlowQuality): Figures {
  const [coarse, fine] = solves;
  return {
    'NLL, nats ↓': flow.nats,
    'bits per dimension ↓': flow.bitsPerDimension,
    [`encode, ${power(COARSE)}`]: coarse!.encode,
    [`decode, ${power(COARSE)}`]: coarse!.decode,
    [`encode, ${power(FINE)}`]: fine!.encode,
    [`decode, ${power(FINE)}`]: fine!.decode,
    'round trip 1e-3': 1e3 * fine!.roundTrip.mean,
    'most 1e-3': 1e3 * fine!.roundTrip.max,
    gaussian: gaussian.nats,
    linear: linear.nats,
  };
}

const DIGITS = {
  'NLL, nats ↓': 2,
  [`encode, ${power(COARSE)}`]: 1,
  [`decode, ${power(COARSE)}`]: 1,
  [`encode, ${power(FINE)}`]: 1,
  [`decode, ${power(FINE)}`]: 1,
  'round trip 1e-3': 3,
  'most 1e-3': 3,
  parameters: 0,
  'train s': 0,
};

export const blocks: Part = {
  title: 'Flows of one block and of four, with penalties on the field and without them',
  jobs({ data, budget }) {
    const parts = fingerprints(data, ['codes']);
    return Object.entries(ROWS).map(
      ([row, variant]): Job => ({
        row,
        seed: 0,
        // Of codes of any width: what they are stands in their fingerprint.
        settings: { ...configOf(1, variant, budget), ...parts, solves: [COARSE, FINE] },
        run: (context) => measure(data, row, variant, budget, context),
      }),
    );
  },
  report(measured) {
    const [first] = measured;
    const flows = measured.map(({ job, figures: { gaussian: _, linear: __, ...figures } }) => ({
      job,
      figures,
    }));
    return {
      rows: summary(flows, DIGITS),
      notes: [
        ...(first
          ? [
              `NLL of a Gaussian fitted to the training codes: ${first.figures.gaussian!.toFixed(2)}; about a linear regression on light and attributes: ${first.figures.linear!.toFixed(2)}.`,
            ]
          : []),
        `Of codes that were held out, at a tolerance of ${power(FINE)}. Encode, decode: evaluations of the fields for one code, by tolerance. ` +
          `Round trip: |w - decode(encode(w))| / |w| at ${power(FINE)}, mean and most, in thousandths.`,
      ],
    };
  },
};
