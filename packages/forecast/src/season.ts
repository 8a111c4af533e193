/**
 * @module Seasons: after how many steps a series is expected to repeat.
 */
import { type Frequency, stepSeconds } from './time.js';

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const WEEK = 604_800;

/** What the steps of a frequency repeat after, for steps shorter than a limit (all in seconds). */
const CYCLES: readonly (readonly [below: number, cycles: readonly number[]])[] = [
  [MINUTE, [MINUTE, HOUR]],
  [15 * MINUTE, [HOUR, DAY]],
  [DAY, [DAY, WEEK]],
  [WEEK, [WEEK]],
];

/**
 * The usual seasons of a frequency in steps, the shortest first: hourly 24 and 168, every 15 minutes 96 and 672, daily
 * 7, business days 5, weekly 52, monthly 12, quarterly 4; none for years and for bare indices.
 */
export function defaultSeasons(frequency: Frequency): readonly number[] {
  const { unit, count } = frequency;
  if (unit === 'month') return count < 12 && 12 % count === 0 ? [12 / count] : [];
  if (unit === 'business day') return count < 5 && 5 % count === 0 ? [5 / count] : [];
  const step = stepSeconds(frequency);
  if (step === undefined) return [];
  if (step === WEEK) return [52];
  const cycles = CYCLES.find(([below]) => step < below)?.[1] ?? [];
  return cycles.map((cycle) => cycle / step).filter((steps) => Number.isInteger(steps) && steps > 1);
}
