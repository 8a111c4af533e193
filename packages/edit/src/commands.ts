/**
 * @module The verbs of `sextant edit`.
 */
import type { Command } from 'commander';
import { trainEstimatorCommand } from './verbs/train-estimator.js';
import { trainFlowCommand } from './verbs/train-flow.js';

export const verbs = (): readonly Command[] => [trainFlowCommand(), trainEstimatorCommand()];
