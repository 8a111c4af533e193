export {
  type Checkpoint,
  type CheckpointInfo,
  componentTensors,
  readCheckpoint,
  restoreState,
  type State,
  type Stateful,
  writeCheckpoint,
} from './checkpoint.js';
export { CheckpointFolder, checkpointPath } from './checkpoint-folder.js';
export { type Collated, collate } from './collate.js';
export { configHash } from './config.js';
export { type Interrupt, interruptSignal } from './interrupt.js';
export { type Dataset, Loader, type LoaderOptions } from './loader.js';
export { Averages, type Metrics } from './metrics.js';
export { type ModelSource, readModel } from './model.js';
export {
  duration,
  Progress,
  type ProgressOptions,
  type ProgressStream,
  type ProgressUpdate,
} from './progress.js';
export { Run, type RunOptions, readConfig } from './run.js';
export { EventWriter } from './tensorboard.js';
export {
  type BestBy,
  type Cursor,
  type Seekable,
  type TrainOptions,
  type TrainResult,
  train,
} from './trainer.js';
export { WorkerPool, type WorkerPoolOptions } from './worker-pool.js';
