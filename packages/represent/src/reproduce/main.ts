/**
 * @module `npm run reproduce -- represent [part]`: the package's experiments.
 */
import { runExperiments } from '@sextant/experiment';
import { cifar10 } from './cifar10.js';
import { collapse } from './collapse.js';

await runExperiments('represent', { cifar10, collapse });
