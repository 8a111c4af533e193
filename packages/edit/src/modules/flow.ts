/**
 * @module The flow, its solver and the procedures of editing for `apply` and `verify`.
 */
import type { AppliedModule } from '@sextant/system';

export const flowModules: Readonly<Record<string, AppliedModule>> = {};
