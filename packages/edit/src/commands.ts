/**
 * @module The verbs of `sextant edit`.
 */
import type { Command } from 'commander';
import { applyCommand } from './verbs/apply.js';
import { attributesCommand } from './verbs/attributes.js';
import { codesCommand } from './verbs/codes.js';
import { demoCommand } from './verbs/demo.js';
import { evaluateCommand } from './verbs/evaluate.js';
import { exportCommand, importCommand } from './verbs/exchange.js';
import { headsCommand } from './verbs/heads.js';
import { interpolateCommand } from './verbs/interpolate.js';
import { projectCommand } from './verbs/project.js';
import { sampleCommand } from './verbs/sample.js';
import { sheetsCommand } from './verbs/sheets.js';
import { trainEncoderCommand } from './verbs/train-encoder.js';
import { trainEstimatorCommand } from './verbs/train-estimator.js';
import { trainFlowCommand } from './verbs/train-flow.js';
import { trainGeneratorCommand } from './verbs/train-generator.js';
import { trainIdentityCommand } from './verbs/train-identity.js';
import { transferCommand } from './verbs/transfer.js';

export const verbs = (): readonly Command[] => [
  demoCommand(),
  attributesCommand(),
  sampleCommand(),
  applyCommand(),
  interpolateCommand(),
  transferCommand(),
  projectCommand(),
  headsCommand(),
  trainGeneratorCommand(),
  trainEstimatorCommand(),
  codesCommand(),
  trainFlowCommand(),
  trainEncoderCommand(),
  trainIdentityCommand(),
  evaluateCommand(),
  sheetsCommand(),
  exportCommand(),
  importCommand(),
];
