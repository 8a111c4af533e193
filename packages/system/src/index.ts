export {
  type AppliedModule,
  type ApplyRequest,
  type BuiltModule,
  type GradientRequest,
  Inputs,
  inputOf,
  parseOptions,
  tracedModule,
} from './applied.js';
export {
  type DeviceOptions,
  formatTable,
  nonNegativeInteger,
  onDevice,
  positiveInteger,
  positiveNumber,
  printResult,
  withDevice,
} from './command.js';
export type { System } from './system.js';
export {
  absolute,
  type Changes,
  given,
  resumeRun,
  runTraining,
  type Say,
  type TrainCallbacks,
  type TrainVerb,
  type TrainVerbOptions,
  withTraining,
} from './training.js';
export { type CaseReport, caseFolders, parseJson, type TensorReport, verifyCase } from './verify.js';
export { readWeights, type Weights } from './weights.js';
