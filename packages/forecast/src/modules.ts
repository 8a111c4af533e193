/**
 * @module What `sextant apply forecast/<module>` and `verify` know, with the options and names of the reference cases.
 */

import type { AppliedModule } from '@sextant/system';
import { calendarModules } from './modules/calendar.js';
import { classical } from './modules/classical.js';
import { deepModules } from './modules/deep.js';
import { measures } from './modules/measures.js';
import { networkModules } from './modules/network.js';
import { syntheticModules } from './modules/synthetic.js';

export const modules: Readonly<Record<string, AppliedModule>> = {
  ...networkModules,
  ...measures,
  ...deepModules,
  ...syntheticModules,
  ...calendarModules,
  ...classical,
};
