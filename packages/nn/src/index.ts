export { clipByGlobalNorm, clipByValue, globalNorm } from './clip.js';
export { ExponentialMovingAverage } from './ema.js';
export { type Evaluation, LBFGS, type LBFGSOptions, type LBFGSResult } from './lbfgs.js';
export * from './losses.js';
export { type Layer, Module, Parameter, Sequential } from './module.js';
export * from './optimizer.js';
export * from './schedule.js';
export { Stateful, type StateMismatch } from './stateful.js';
