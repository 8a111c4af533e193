/**
 * @module The verbs of `sextant caption`.
 */
import type { Command } from 'commander';
import { evaluateCommand } from './verbs/evaluate.js';

export const verbs = (): readonly Command[] => [evaluateCommand()];
