/**
 * @module StyleGAN2 for `apply` and `verify`.
 */
import type { AppliedModule } from '@sextant/system';

export const generatorModules: Readonly<Record<string, AppliedModule>> = {};
