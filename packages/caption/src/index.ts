import type { System } from '@sextant/system';
import { verbs } from './commands.js';
import { captionerModules } from './modules/captioner.js';
import { evaluateModule } from './modules/evaluate.js';
import { featureModules } from './modules/features.js';
import { proposalModules } from './modules/proposals.js';

export {
  type AnnotatedVideo,
  captionsOf,
  readAnnotations,
  readSubmission,
  readVideos,
  submissionOf,
} from './annotations.js';
export { BiModalCaptioner, type CaptionerConfig, type EncoderConfig, type Features } from './captioner.js';
export {
  CAPTIONER_PRESETS,
  type CaptionerModelConfig,
  type CaptionerTrainConfig,
} from './captioning/config.js';
export { described, type TrainCaptionerOptions, trainCaptioner } from './captioning/train.js';
export {
  type CaptionerWeights,
  decodeCaptioner,
  encodeCaptioner,
  readCaptioner,
  writerOf,
} from './captioning/weights.js';
export { Writer } from './captioning/writer.js';
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
export { evaluateDetection } from './evaluation/detection.js';
export type { Pair } from './evaluation/pairs.js';
export { ptbTokens } from './evaluation/ptb-tokens.js';
export { type ExtractOptions, type Extractors, FeatureExtractor } from './extract.js';
export { I3D } from './i3d.js';
export { type OpticalFlowOptions, opticalFlow } from './optical-flow.js';
export { ProposalGenerator } from './proposals.js';
export { PROPOSAL_PRESETS, type ProposalModelConfig, type ProposalTrainConfig } from './proposing/config.js';
export { type ProposeOptions, Proposer } from './proposing/proposer.js';
export { type TrainProposalsOptions, trainProposals } from './proposing/train.js';
export {
  decodeProposals,
  encodeProposals,
  type ProposalWeights,
  proposerOf,
  readProposals,
} from './proposing/weights.js';
export { readVectors } from './text/vectors.js';
export { Vocabulary } from './text/vocabulary.js';
export { cropped, FeatureFolder, padded, type VideoFeatures } from './video-features.js';

/** Dense video captioning as the command line sees it. */
export const caption: System = {
  name: 'caption',
  summary: 'bi-modal Transformer: sentences for the events of a video',
  modules: { ...captionerModules, ...proposalModules, ...featureModules, evaluate: evaluateModule },
  verbs,
};
