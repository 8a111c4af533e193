/**
 * @module Regular time grids.
 */

/** The length of a step: `count` units. Months have different lengths; all others are fixed. */
export interface Frequency {
  readonly unit: 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'index';
  readonly count: number;
}

/** Steps of equal length from an origin. Times are naive: seconds since 1970-01-01 00:00, with no time zone. */
export interface TimeGrid {
  readonly frequency: Frequency;
  /** The time of step 0 in seconds (0 where the unit is `index`). */
  readonly origin: number;
}
