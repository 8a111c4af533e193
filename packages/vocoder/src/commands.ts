/**
 * @module The vocoder's verbs on the command line.
 */
import type { Command } from 'commander';
import { benchCommand } from './verbs/bench.js';
import { demoCommand } from './verbs/demo.js';
import { evaluateCommand } from './verbs/evaluate.js';
import { exportCommand, importCommand } from './verbs/exchange.js';
import { synthesizeCommand } from './verbs/synthesize.js';
import { trainCommand } from './verbs/train.js';

export const verbs = (): Command[] => [
  demoCommand(),
  synthesizeCommand(),
  trainCommand(),
  evaluateCommand(),
  exportCommand(),
  importCommand(),
  benchCommand(),
];
