/**
 * @module Configurations of flows to begin with.
 */
import { type AttributeTable, contextFeatures } from '../attributes.js';
import type { FlowTrainConfig } from './config.js';

type Preset = Omit<FlowTrainConfig, 'data' | 'flow' | 'seed' | 'table'> & {
  readonly hidden: readonly number[];
  readonly numBlocks: number;
  readonly standardized: boolean;
};

const paper: Preset = {
  hidden: [512, 512, 512, 512, 512],
  numBlocks: 1,
  standardized: false,
  solver: { method: 'dopri5', rtol: 1e-5, atol: 1e-5, maxSteps: 1000 },
  penalties: { kinetic: 0, jacobian: 0 },
  epochs: 10,
  batchSize: 5,
  learningRate: 1e-3,
  heldOut: 0.05,
  logEvery: 50,
  checkpointEvery: 1000,
  validateEvery: 1000,
};

export const FLOW_PRESETS = {
  /** As released and as trained in the paper. */
  paper,
  /**
   * For 100,000 codes of small generators, which cost nothing but time: larger batches, a field that is kept smooth, coarser steps in training, all
   * attributes of one scale. Of 20,000 codes it learns what they have by chance (60 passes: -55 nats in training, -43 held out).
   */
  small: {
    ...paper,
    standardized: true,
    hidden: [256, 256, 256],
    solver: { method: 'dopri5', rtol: 1e-3, atol: 1e-3, maxSteps: 200 },
    penalties: { kinetic: 0.01, jacobian: 0.01 },
    epochs: 20,
    decay: true,
    batchSize: 128,
    logEvery: 20,
    checkpointEvery: 500,
    validateEvery: 1000,
  },
} as const satisfies Readonly<Record<string, Preset>>;
export type FlowPresetName = keyof typeof FLOW_PRESETS;

/** The configuration of a training for codes of a width, without its data and seed. */
export function configureFlow(
  preset: FlowPresetName,
  dimension: number,
  table: AttributeTable,
): Omit<FlowTrainConfig, 'data' | 'seed'> {
  const { hidden, numBlocks, standardized, ...rest } = FLOW_PRESETS[preset];
  const flow = { dimension, hidden, numBlocks, contextFeatures: contextFeatures(table), standardized };
  return { ...rest, flow, table };
}
