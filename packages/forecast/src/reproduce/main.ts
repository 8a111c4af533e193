/**
 * @module `npm run reproduce -- forecast [part]`: the package's experiments.
 */
import { runExperiments } from '@sextant/experiment';
import { ett } from './ett.js';
import { kernelSize } from './kernel-size.js';
import { m4 } from './m4.js';
import { memory } from './memory.js';
import { solar } from './solar.js';
import { synthetic } from './synthetic.js';

await runExperiments('forecast', { m4, solar, ett, synthetic, 'kernel-size': kernelSize, memory });
