/**
 * @module The verbs of `sextant avatar`.
 */
import type { Command } from 'commander';
import { headsCommand } from './verbs/heads.js';
import { trainCommand } from './verbs/train.js';

export const verbs = (): readonly Command[] => [headsCommand(), trainCommand()];
