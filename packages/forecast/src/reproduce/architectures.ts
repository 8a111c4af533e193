/**
 * @module The networks that experiments train: the article's, and those of DeepAR and DeepState.
 */
import type { NetworkOptions } from '../config.js';
import type { PatternConfig } from '../patterns.js';
import { PRESETS } from '../presets.js';

type Options<Model extends NetworkOptions['model']> = Extract<NetworkOptions, { model: Model }>;

export const FULL: PatternConfig = { pattern: 'full' };
export const LOG_SPARSE: PatternConfig = { pattern: 'logsparse', local: null, restart: null };
export const LOCAL: PatternConfig = { pattern: 'logsparse', local: 'log2', restart: null };

/** A preset's network with changes. */
const from =
  <Model extends NetworkOptions['model']>(network: NetworkOptions) =>
  (changes: Partial<Options<Model>> = {}): Options<Model> => ({ ...(network as Options<Model>), ...changes });

/** The article's network: three layers of eight heads as wide as the model, kernels of six. */
export const transformer = from<'transformer'>(PRESETS.paper.network);

/** DeepAR as in zhykoties/TimeSeries. */
export const deepAR = from<'deepar'>(PRESETS.deepar.network);

export const deepState = from<'deepstate'>(PRESETS.deepstate.network);
