/**
 * @module Hours that clocks skip or repeat: what the beginning and end of daylight-saving time do to local times.
 */
import { stepSeconds, type TimeGrid, timeOfDay } from './time.js';

const HOUR = 3_600;

/** Whether clocks change in this hour somewhere: it is of a Sunday's early morning nearly everywhere. */
const isOfChange = (time: number): boolean => {
  const second = timeOfDay(time);
  return new Date(time * 1000).getUTCDay() === 0 && second >= HOUR && second < 4 * HOUR;
};

/** Months in which clocks go forward on either half of the globe, January = 0. */
const FORWARD: ReadonlySet<number> = new Set([2, 3, 8, 9]);

/** Whether times occur twice where clocks are set back, and nowhere else. @param times - in ascending order. */
export function repeatsHours(times: Float64Array): boolean {
  let twice = 0;
  for (let i = 1; i < times.length; i++) {
    if (times[i] !== times[i - 1]) continue;
    if (times[i] === times[i - 2] || !isOfChange(times[i]!)) return false;
    twice++;
  }
  return twice > 0;
}

/**
 * Hours that are missing as where clocks are set forward: single ones, in all series that go on before and after.
 *
 * @param all - times of each series, in ascending order.
 * @returns the first time of each hour.
 */
export function skippedHours(all: readonly Float64Array[], { frequency }: TimeGrid): number[] {
  const step = stepSeconds(frequency);
  if (step === undefined || HOUR % step !== 0) return [];
  const lacking = new Map<number, number>();
  for (const times of all) {
    for (let i = 1; i < times.length; i++) {
      if (times[i]! - times[i - 1]! !== step + HOUR) continue;
      const hour = times[i]! - HOUR;
      if (isOfChange(hour) && FORWARD.has(new Date(hour * 1000).getUTCMonth()))
        lacking.set(hour, (lacking.get(hour) ?? 0) + 1);
    }
  }
  const goingOn = (hour: number) => all.filter((times) => times[0]! < hour && times.at(-1)! > hour).length;
  return [...lacking]
    .flatMap(([hour, count]) => (count === goingOn(hour) ? [hour] : []))
    .sort((a, b) => a - b);
}
