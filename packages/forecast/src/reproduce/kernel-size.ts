/**
 * @module The size of the kernels that make queries and keys, on M4-Hourly (table 2 of the article, on other data).
 */

import type { Part } from '@sextant/experiment';
import { paperTransformer } from './architectures.js';
import { summary } from './columns.js';
import { networkJobs } from './experiment.js';
import { m4Experiment, SETTINGS } from './m4.js';
import { trainedFor } from './trained.js';

const SIZES = [1, 2, 3, 6, 9];

export const kernelSize: Part = {
  title: 'Kernel size, on M4-Hourly with log-sparse attention',
  jobs: ({ data, budget }) =>
    networkJobs(
      m4Experiment(data),
      Object.fromEntries(SIZES.map((k) => [`k = ${k}`, paperTransformer({ kernelSize: k })])),
      trainedFor(SETTINGS, budget),
    ),
  report: (measured) => ({ rows: summary(measured) }),
};
