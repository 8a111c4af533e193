/**
 * @module The networks that experiments train: the article's, and those of DeepAR and DeepState.
 */
import type { NetworkOptions } from '../config.js';
import type { PatternConfig } from '../patterns.js';

type Options<Model extends NetworkOptions['model']> = Extract<NetworkOptions, { model: Model }>;

export const FULL: PatternConfig = { pattern: 'full' };
export const LOG_SPARSE: PatternConfig = { pattern: 'logsparse', local: null, restart: null };
export const LOCAL: PatternConfig = { pattern: 'logsparse', local: 'log2', restart: null };

/** The article's network: three layers of eight heads as wide as the model, kernels of six. */
export const transformer = (changes: Partial<Options<'transformer'>> = {}): Options<'transformer'> => ({
  model: 'transformer',
  dEmbed: 20,
  nLayers: 3,
  nHeads: 8,
  headDim: null,
  kernelSize: 6,
  scale: true,
  dropout: 0.1,
  mask: LOG_SPARSE,
  decoding: 'autoregressive',
  skip: false,
  head: 'gaussian',
  sigmaFloor: 1e-3,
  seriesEmbedding: true,
  ...changes,
});

/** DeepAR as in zhykoties/TimeSeries. */
export const deepAR = (changes: Partial<Options<'deepar'>> = {}): Options<'deepar'> => ({
  model: 'deepar',
  embedding: 20,
  hidden: 40,
  layers: 3,
  dropout: 0.1,
  head: 'all',
  ...changes,
});

export const deepState = (changes: Partial<Options<'deepstate'>> = {}): Options<'deepstate'> => ({
  model: 'deepstate',
  embedding: 20,
  hidden: 40,
  layers: 2,
  dropout: 0.1,
  trend: true,
  ...changes,
});
