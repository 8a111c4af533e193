/**
 * @module What of editing works in a browser too.
 */
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
export { PictureEncoder } from './encoder/infer.js';
export { decodeEncoder, type EncoderWeights, encodeEncoder, encoderOf } from './encoder/weights.js';
export type { EstimatorConfig } from './estimator/config.js';
export { Estimator } from './estimator/model.js';
export { decodeEstimator, type EstimatorWeights, encodeEstimator, estimatorOf } from './estimator/weights.js';
export type { Density, Divergence, Solver } from './flow/cnf.js';
export type { FlowConfig } from './flow/config.js';
export { densityOptions, Flow, type FlowOptions, type FlowResult } from './flow/flow.js';
export { decodeFlow, encodeFlow, type FlowWeights, flowOf, importFlow } from './flow/weights.js';
export { Observer } from './observer.js';
export { type DescentOptions, project } from './project.js';
export { CodeEditor, EditSession } from './session.js';
export type { ModelConfig } from './stylegan2/config.js';
export { Generator } from './stylegan2/generator.js';
export { type SampleOptions, Synthesizer } from './stylegan2/synthesizer.js';
export { decodeGenerator, encodeGenerator, type GeneratorWeights } from './stylegan2/weights.js';
