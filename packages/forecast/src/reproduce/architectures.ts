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

/**
 * The article's network: three layers of eight heads as wide as the model, kernels of six; log-sparse, and without
 * dropout, which short trainings do not need.
 */
const paper = from<'transformer'>(PRESETS.paper.network);
export const paperTransformer: typeof paper = (changes) => paper({ dropout: 0, ...changes });

/** The same as `small` has it, beyond the article: it begins as seasonal naive and learns quantiles of all steps at once. */
export const directTransformer = from<'transformer'>(PRESETS.small.network);

/** What the names of rows mean. */
export const NETWORKS =
  "Transformer: the article's network (Gaussian, step by step, 200 samples). direct: the same layers with lags and a " +
  'head of quantiles, all steps at once (the preset `small`); its training NLL is the quantile loss.';

/** DeepAR as in zhykoties/TimeSeries. */
export const deepAR = from<'deepar'>(PRESETS.deepar.network);

export const deepState = from<'deepstate'>(PRESETS.deepstate.network);
