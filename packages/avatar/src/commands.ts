/**
 * @module The verbs of `sextant avatar`.
 */
import type { Command } from 'commander';
import { demoCommand } from './verbs/demo.js';
import { driveCommand } from './verbs/drive.js';
import { evaluateCommand } from './verbs/evaluate.js';
import { exportCommand, importCommand } from './verbs/exchange.js';
import { headsCommand } from './verbs/heads.js';
import { trainCommand } from './verbs/train.js';

export const verbs = (): readonly Command[] => [
  demoCommand(),
  driveCommand(),
  headsCommand(),
  trainCommand(),
  evaluateCommand(),
  exportCommand(),
  importCommand(),
];
