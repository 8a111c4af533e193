/**
 * @module What `sextant apply forecast/<module>` and `verify` know, with the options and names of the reference cases.
 */
import type { AppliedModule } from '@sextant/system';
import { networkModules } from './modules/network.js';

export const modules: Readonly<Record<string, AppliedModule>> = { ...networkModules };
