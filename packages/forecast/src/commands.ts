/**
 * @module The verbs of forecasting on the command line.
 */
import type { Command } from 'commander';
import { backtestCommand } from './verbs/backtest.js';
import { compareCommand } from './verbs/compare.js';
import { evaluateCommand } from './verbs/evaluate.js';
import { exportCommand } from './verbs/export.js';
import { importCommand } from './verbs/import.js';
import { predictCommand } from './verbs/predict.js';
import { trainCommand } from './verbs/train.js';

export const verbs = (): Command[] => [
  trainCommand(),
  predictCommand(),
  backtestCommand(),
  evaluateCommand(),
  compareCommand(),
  exportCommand(),
  importCommand(),
];
