export {
  type AppliedModule,
  type ApplyRequest,
  type BuiltModule,
  type GradientRequest,
  Inputs,
  parseConfig,
  tracedModule,
} from './applied.js';
export { type Checkpoint, readCheckpoint } from './checkpoint.js';
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
export { type CaseReport, parseJson, type TensorReport, verifyCase } from './verify.js';
