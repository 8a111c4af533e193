/**
 * @module The yardstick: what ONNX Runtime reaches on this machine where nothing but products is to be done.
 */
import { fileURLToPath } from 'node:url';
import type { Setting, Side } from './case.js';

/** Rows and columns of the matrices. */
export const MATRIX = 2048;

/** A chain of 3 × 3 convolutions, in ONNX Runtime's blocked layout where the processor has one. */
export const CHAIN = { images: 2, channels: 128, extent: 128, layers: 6 };

const JOBS = [
  { job: 'matmul', name: `peak: ${MATRIX}³ MatMul`, flops: 2 * MATRIX ** 3 },
  {
    job: 'convolutions',
    name: `peak: ${CHAIN.layers} 3×3 convolutions`,
    flops: CHAIN.layers * 2 * CHAIN.images * CHAIN.extent ** 2 * CHAIN.channels ** 2 * 3 ** 2,
  },
];

/** Sides that measure the machine in the same minutes as a case's others. */
export const peaks = ({ threads, folder }: Setting): Side[] =>
  JOBS.map(({ job, name, flops }) => ({
    name,
    role: 'peak',
    flops,
    command: {
      executable: process.execPath,
      script: fileURLToPath(new URL('./peak-jobs.js', import.meta.url)),
      options: { job, threads, folder },
    },
  }));
