/**
 * @module Scores of dense captions for `apply` and `verify`.
 */
import { NDArray } from '@sextant/engine';
import { type AppliedModule, parseOptions } from '@sextant/system';
import { z } from 'zod';
import { readAnnotations, readSubmission } from '../annotations.js';
import { evaluateDense } from '../evaluation/dense.js';

const Options = z.strictObject({
  mode: z.literal('eval').default('eval'),
  tious: z.array(z.number().min(0).max(1)).min(1).default([0.3, 0.5, 0.7, 0.9]),
  max_proposals_per_video: z.int().positive().default(100),
  tokenizer: z.literal('ptb').default('ptb'),
  remove_nonascii: z.boolean().default(true),
  /** Paths of a submission and of annotations. */
  files: z.strictObject({ predictions: z.string(), references: z.array(z.string()).min(1) }),
});

/** The overlap whose scores are also told video by video, where it is asked for. */
const TOLD = 0.5;

export const evaluateModule: AppliedModule = {
  summary: 'scores of captions in `files`: predictions against references, metrics/<tIoU>/<score>',
  async apply({ config }) {
    const { tious, max_proposals_per_video, remove_nonascii, files } = parseOptions(Options, config);
    const { scores, average, perVideo } = evaluateDense(
      await readSubmission(files.predictions),
      await Promise.all(files.references.map(readAnnotations)),
      { tIoUs: tious, maxPerVideo: max_proposals_per_video, ascii: remove_nonascii },
    );
    const told = tious.includes(TOLD) ? TOLD : tious[0]!;
    const named: [string, Readonly<Record<string, number>>][] = [
      ...[...scores].map(([tIoU, s]) => [`metrics/${tIoU}`, s] as [string, typeof s]),
      ['metrics/average', average],
      ['per_video', { tiou: told }],
      ...[...perVideo.get(told)!].map(([video, s]) => [`per_video/scores/${video}`, s] as [string, typeof s]),
    ];
    return new Map(
      named.flatMap(([prefix, values]) =>
        Object.entries(values).map(([name, value]): [string, NDArray] => [
          `${prefix}/${name}`,
          new NDArray(Float64Array.of(value), [], 'float64'),
        ]),
      ),
    );
  },
};
