export { runExperiments } from './command.js';
export {
  type Figures,
  type Job,
  type JobContext,
  type Measured,
  type Part,
  type PartOptions,
  type Report,
  runJobs,
} from './jobs.js';
export { type LogLine, logLines, secondsOf } from './logs.js';
export { once } from './once.js';
export { cell, grouped, markdown, mean, type Row, summary, valuesOf } from './summary.js';
