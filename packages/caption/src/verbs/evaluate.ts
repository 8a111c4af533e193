/**
 * @module `sextant caption evaluate`
 */
import { InputError } from '@sextant/io';
import { formatTable, positiveInteger, printResult } from '@sextant/system';
import { Command, InvalidArgumentError } from 'commander';
import { readAnnotations, readSubmission } from '../annotations.js';
import { type DenseScores, evaluateDense } from '../evaluation/dense.js';

interface EvaluateCommandOptions {
  readonly references: readonly string[];
  readonly tiou: readonly number[];
  readonly maxProposals: number;
  readonly json?: boolean;
}

const overlaps = (text: string): number[] => {
  const values = text.split(',').map(Number);
  if (values.length === 0 || !values.every((v) => v >= 0 && v <= 1)) {
    throw new InvalidArgumentError('It must be numbers from 0 to 1, such as 0.3,0.5,0.7,0.9.');
  }
  return values;
};

export const evaluateCommand = (): Command =>
  new Command('evaluate')
    .summary('score captions against references')
    .description(
      'PREDICTIONS is a submission: {"results": {video: [{"sentence", "timestamp": [start, end]}, …]}}. Prints precision and recall of ' +
        'the segments, and BLEU, ROUGE-L, CIDEr and METEOR of the sentences, by how much segments must overlap (tIoU). Scores are ' +
        'in percent, as published. METEOR has no paraphrases here, whose table is not free: about 0.75 below the published figures.',
    )
    .argument('<predictions>', 'a submission (.json)')
    .requiredOption(
      '--references <files...>',
      'required: annotations {video: {"timestamps", "sentences"}}, such as val_1.json val_2.json',
    )
    .option('--tiou <values>', 'overlaps', overlaps, [0.3, 0.5, 0.7, 0.9])
    .option('--max-proposals <n>', 'predictions of a video that count, the first ones', positiveInteger, 100)
    .option('--json', 'print the scores as JSON')
    .action(run);

async function run(path: string, options: EvaluateCommandOptions): Promise<void> {
  const predictions = await readSubmission(path);
  const references = await Promise.all(options.references.map(readAnnotations));
  if (![...predictions.keys()].some((video) => references.some((set) => set.has(video)))) {
    throw new InputError(`${path}: the references have none of its videos`);
  }
  const { scores, average } = evaluateDense(predictions, references, {
    tIoUs: options.tiou,
    maxPerVideo: options.maxProposals,
  });
  const named = { ...Object.fromEntries([...scores].map(([tIoU, s]) => [String(tIoU), s])), average };
  printResult(options.json, named, () =>
    formatTable(Object.entries(named).map(([tIoU, s]) => ({ tIoU, ...percent(s) }))),
  );
}

/** Columns of the table. */
const COLUMNS: Readonly<Record<string, keyof DenseScores>> = {
  precision: 'Precision',
  recall: 'Recall',
  F1: 'F1',
  'BLEU-1': 'Bleu_1',
  'BLEU-2': 'Bleu_2',
  'BLEU-3': 'Bleu_3',
  'BLEU-4': 'Bleu_4',
  'ROUGE-L': 'ROUGE_L',
  CIDEr: 'CIDEr',
  METEOR: 'METEOR_exact_stem_synonym',
};

const percent = (scores: DenseScores) =>
  Object.fromEntries(
    Object.entries(COLUMNS).map(([title, name]) => [title, (100 * scores[name]).toFixed(2)]),
  );
