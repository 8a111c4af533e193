/**
 * @module The verbs of `sextant caption`.
 */
import type { Command } from 'commander';
import { describeCommand } from './verbs/describe.js';
import { evaluateCommand } from './verbs/evaluate.js';
import { featuresCommand } from './verbs/features.js';

import { trainCaptionerCommand } from './verbs/train-captioner.js';
import { trainProposalsCommand } from './verbs/train-proposals.js';

export const verbs = (): readonly Command[] => [
  featuresCommand(),
  trainCaptionerCommand(),
  trainProposalsCommand(),
  describeCommand(),
  evaluateCommand(),
];
