/**
 * @module The verbs of representations on the command line.
 */
import type { Command } from 'commander';
import { embedCommand } from './verbs/embed.js';
import { knnCommand, probeCommand } from './verbs/evaluate.js';
import { exportCommand, importCommand } from './verbs/exchange.js';
import { mapCommand } from './verbs/map.js';
import { searchCommand } from './verbs/search.js';
import { trainCommand } from './verbs/train.js';

export const verbs = (): Command[] => [
  trainCommand(),
  embedCommand(),
  searchCommand(),
  mapCommand(),
  knnCommand(),
  probeCommand(),
  exportCommand(),
  importCommand(),
];
