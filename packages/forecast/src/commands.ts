/**
 * @module The verbs of forecasting on the command line.
 */
import type { Command } from 'commander';
import { predictCommand } from './verbs/predict.js';
import { trainCommand } from './verbs/train.js';

export const verbs = (): Command[] => [trainCommand(), predictCommand()];
