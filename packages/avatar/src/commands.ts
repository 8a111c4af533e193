/**
 * @module The verbs of `sextant avatar`.
 */
import type { Command } from 'commander';
import { headsCommand } from './verbs/heads.js';

export const verbs = (): readonly Command[] => [headsCommand()];
