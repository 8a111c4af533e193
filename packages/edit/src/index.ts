import type { System } from '@sextant/system';
import { verbs } from './commands.js';
import { flowModules } from './modules/flow.js';
import { generatorModules } from './modules/generator.js';
import { procedure } from './modules/procedure.js';

export { type ColumnStatistics, statisticsOf } from './columns.js';
export { configureEncoder, type EncoderTrainConfig, EncoderTrainSchema } from './encoder/config.js';
export { Encoder, type EncoderConfig } from './encoder/model.js';
export { type TrainEncoderOptions, trainEncoder } from './encoder/train.js';
export { type TrainEstimatorOptions, trainEstimator } from './estimator/train.js';
export { type ChainOptions, type ChainPoint, measureChain } from './evaluation/chain.js';
export { type FlowQuality, measureFlow } from './evaluation/flow-quality.js';
export { CNF } from './flow/cnf.js';
export { type CodeSet, readCodes } from './flow/codes.js';
export type { FlowTrainConfig } from './flow/config.js';
export { negativeLogLikelihood } from './flow/likelihood.js';
export { type TrainFlowOptions, trainFlow } from './flow/train.js';
export { loadRecognizer } from './identity/load.js';
export { Recognizer } from './identity/recognizer.js';
export { type TrainIdentityOptions, trainIdentity } from './identity/train.js';
export { loadEditor } from './load.js';
export { solveAdjoint } from './ode/adjoint.js';
export { type AdaptiveOptions, dopri5, type Solution } from './ode/dopri5.js';
export type { Field, State } from './ode/field.js';
export { rk4 } from './ode/rk4.js';
export { changeAttribute, changeLight, decodeRows } from './procedure.js';
export { nearestInW, type ProjectionParts } from './project.js';
export { type Resemblance, STRANGEST, Yardstick } from './resemblance.js';

/** Attribute editing as the command line sees it. */
export const edit: System = {
  name: 'edit',
  summary: 'StyleFlow: attributes of generated faces, edited through a conditional flow',
  modules: { ...flowModules, edit: procedure, ...generatorModules },
  verbs,
};
export * from './stylegan2/index.js';
export * from './web.js';
