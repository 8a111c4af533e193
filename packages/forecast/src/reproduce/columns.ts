/**
 * @module How the columns of the experiments' tables are written.
 */
import { type Measured, type Row, summary as summaryOf } from '@sextant/experiment';

/** Digits after the point, by column; 4 elsewhere. */
const DIGITS: Readonly<Record<string, number>> = {
  'sMAPE ↓': 2,
  'MASE ↓': 3,
  '≤ q0.1 %': 1,
  '≤ q0.5 %': 1,
  '≤ q0.9 %': 1,
  'training NLL ↓': 3,
  'train s': 0,
  'predict s': 1,
};

/** A line for each row of the jobs, in their order. */
export const summary = (measured: readonly Measured[]): Row[] => summaryOf(measured, DIGITS);
