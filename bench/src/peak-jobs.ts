/**
 * @module The process that measures the machine's peak.
 */
import {
  constant,
  conv2d,
  createRuntime,
  matmul,
  program,
  Generator as Random,
  setDefaultRuntime,
  slice,
  type Tensor,
} from '@sextant/engine';
import type { JobOptions } from './case.js';
import { CHAIN, MATRIX } from './peak.js';
import { type Job, serve, timed } from './serve.js';

const random = new Random(0);

/** Only a corner of the result leaves the program: memory that goes to JavaScript is no part of the peak. */
const corner = (t: Tensor): Tensor => t.shape.reduce<Tensor>((x, _, axis) => slice(x, axis, 0, 1), t);

const measuring = (shape: readonly number[], compute: (x: Tensor) => Tensor): ReturnType<Job> => {
  const run = program((x: Tensor) => corner(compute(x)), { name: 'peak' });
  const x = random.normalArray(shape);
  return Promise.resolve({ run: async () => ({ ms: (await timed(() => run(x))).ms }) });
};

const matmulJob: Job = () => {
  const right = random.normalArray([MATRIX, MATRIX]);
  return measuring([MATRIX, MATRIX], (x) => matmul(x, constant(right)));
};

const convolutionsJob: Job = () => {
  const { images, channels, extent, layers } = CHAIN;
  // Of a size that leaves activations as large as they are.
  const kernel = () => random.normalArray([channels, channels, 3, 3], 0, (9 * channels) ** -0.5);
  const kernels = Array.from({ length: layers }, kernel);
  return measuring([images, channels, extent, extent], (x) =>
    kernels.reduce((y, k) => conv2d(y, constant(k), { padding: 1 }), x),
  );
};

const { threads } = JSON.parse(process.argv[2]!) as JobOptions;
setDefaultRuntime(createRuntime({ threads }));
await serve({ matmul: matmulJob, convolutions: convolutionsJob });
