/**
 * @module The verbs of `sextant caption`.
 */
import type { Command } from 'commander';
import { describeCommand } from './verbs/describe.js';
import { evaluateCommand } from './verbs/evaluate.js';

import { trainCaptionerCommand } from './verbs/train-captioner.js';
import { trainProposalsCommand } from './verbs/train-proposals.js';

export const verbs = (): readonly Command[] => [
  trainCaptionerCommand(),
  trainProposalsCommand(),
  describeCommand(),
  evaluateCommand(),
];
