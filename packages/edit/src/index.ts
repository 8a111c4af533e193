import type { System } from '@sextant/system';
import { verbs } from './commands.js';
import { flowModules } from './modules/flow.js';
import { generatorModules } from './modules/generator.js';
import { procedure } from './modules/procedure.js';

export {
  type Attribute,
  type AttributeTable,
  AttributeTableSchema,
  contextFeatures,
  contextOf,
  FACES,
  HEADS,
  LIGHT_COEFFICIENTS,
  type Rows,
  type Shown,
  shownBy,
} from './attributes.js';
export {
  Editor,
  type EditorParts,
  PictureSession,
  type Projection,
  type ProjectOptions,
} from './editor.js';
export { configureEncoder, type EncoderTrainConfig, EncoderTrainSchema } from './encoder/config.js';
export { PictureEncoder } from './encoder/infer.js';
export { Encoder, type EncoderConfig } from './encoder/model.js';
export { type TrainEncoderOptions, trainEncoder } from './encoder/train.js';
export { decodeEncoder, type EncoderWeights, encodeEncoder, encoderOf } from './encoder/weights.js';
export type { EstimatorConfig } from './estimator/config.js';
export { Estimator } from './estimator/model.js';
export { statisticsOf, type TrainEstimatorOptions, trainEstimator } from './estimator/train.js';
export { decodeEstimator, type EstimatorWeights, encodeEstimator, estimatorOf } from './estimator/weights.js';
export { type ChainOptions, type ChainPoint, measureChain } from './evaluation/chain.js';
export { type FlowQuality, measureFlow } from './evaluation/flow-quality.js';
export { CNF, type Density, type Divergence, type Solver } from './flow/cnf.js';
export { type CodeSet, readCodes } from './flow/codes.js';
export type { FlowConfig, FlowTrainConfig } from './flow/config.js';
export { densityOptions, Flow, type FlowOptions, type FlowResult } from './flow/flow.js';
export { negativeLogLikelihood } from './flow/likelihood.js';
export { type TrainFlowOptions, trainFlow } from './flow/train.js';
export { decodeFlow, encodeFlow, type FlowWeights, flowOf, importFlow } from './flow/weights.js';
export { loadRecognizer } from './identity/load.js';
export { Recognizer } from './identity/recognizer.js';
export { type TrainIdentityOptions, trainIdentity } from './identity/train.js';
export { loadEditor } from './load.js';
export { Observer } from './observer.js';
export { solveAdjoint } from './ode/adjoint.js';
export { type AdaptiveOptions, dopri5, type Solution } from './ode/dopri5.js';
export type { Field, State } from './ode/field.js';
export { rk4 } from './ode/rk4.js';
export { changeAttribute, changeLight, decodeRows } from './procedure.js';
export { type DescentOptions, nearestInW, type ProjectionParts, project } from './project.js';
export { type Resemblance, STRANGEST, Yardstick } from './resemblance.js';
export { CodeEditor, EditSession } from './session.js';

/** Attribute editing as the command line sees it. */
export const edit: System = {
  name: 'edit',
  summary: 'StyleFlow: attributes of generated faces, edited through a conditional flow',
  modules: { ...flowModules, edit: procedure, ...generatorModules },
  verbs,
};
export * from './stylegan2/index.js';
