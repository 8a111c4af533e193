import type { System } from '@sextant/system';
import { verbs } from './commands.js';
import { captionerModules } from './modules/captioner.js';
import { evaluateModule } from './modules/evaluate.js';
import { featureModules } from './modules/features.js';
import { proposalModules } from './modules/proposals.js';

export { readAnnotations, readSubmission } from './annotations.js';
export {
  type Caption,
  type Captions,
  type DenseOptions,
  type DenseReport,
  type DenseScores,
  evaluateDense,
  type SentenceScores,
  sentenceScores,
} from './evaluation/dense.js';
export type { Pair } from './evaluation/pairs.js';
export { ptbTokens } from './evaluation/ptb-tokens.js';

/** Dense video captioning as the command line sees it. */
export const caption: System = {
  name: 'caption',
  summary: 'bi-modal Transformer: sentences for the events of a video',
  modules: { ...captionerModules, ...proposalModules, ...featureModules, evaluate: evaluateModule },
  verbs,
};
