export { type GradOptions, grad, jvp, vjp, withoutGradient } from './autodiff.js';
export type { TensorArgs } from './body.js';
export { type Dim, type Shape, SymbolicDim, symbol } from './dim.js';
export { TensorError } from './errors.js';
export * from './filters.js';
export { Generator, type GeneratorState } from './generator.js';
export * from './ndarray.js';
export { checkpoint } from './ops/checkpoint.js';
export {
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from './ops/convolution.js';
export { customVjp, type GivenGradients } from './ops/custom-vjp.js';
export * from './ops/decomposition.js';
export * from './ops/elementwise.js';
export * from './ops/functions.js';
export * from './ops/gradient.js';
export * from './ops/gridsample.js';
export * from './ops/indexing.js';
export { pixelShuffle } from './ops/interleave.js';
export * from './ops/linalg.js';
export * from './ops/normalization.js';
export * from './ops/pooling.js';
export * from './ops/quantize.js';
export * from './ops/random.js';
export * from './ops/reduce.js';
export { type ResizeOptions, resize } from './ops/resample.js';
export { type ScanOptions, scan } from './ops/scan.js';
export * from './ops/shape.js';
export * from './ops/signal.js';
export { concat, dilate, flip, type PadMode, pad, roll, slice, split, stack } from './ops/slicing.js';
export * from './ops/softmax.js';
export * from './ops/sort.js';
export * from './ops/special.js';
export { whileLoop } from './ops/while-loop.js';
export { type Arrays, type InputSpec, type Program, type ProgramOptions, program } from './program.js';
export { createRuntime, defaultRuntime, setDefaultRuntime } from './runtime/default.js';
export {
  formatProfile,
  type Profile,
  type ProfileGrouping,
  type ProfileRow,
  summarizeProfile,
  type TraceEvent,
} from './runtime/profile.js';
export { NODE_DEVICES, type Runtime, type RuntimeOptions, type Session } from './runtime/runtime.js';
export { scope } from './scope.js';
export {
  asTensor,
  asTensors,
  constant,
  Tensor,
  type TensorLike,
  type TensorSource,
  type Tensors,
} from './tensor.js';
export { Variable } from './variable.js';
