/**
 * @module `npm run reproduce -- edit [part]`: the package's experiments, on the model in `--data`.
 */
import { runExperiments } from '@sextant/experiment';
import { blocks } from './blocks.js';
import { chain } from './chain.js';
import { disentanglement } from './disentanglement.js';

await runExperiments('edit', { blocks, disentanglement, chain });
