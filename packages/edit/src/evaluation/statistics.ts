/**
 * @module Means, deviations and lines of lists of numbers.
 */

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** About the mean, over all values. */
export const deviation = (values: readonly number[]): number => Math.sqrt(covariance(values, values));

export const covariance = (x: readonly number[], y: readonly number[]): number => {
  const [cx, cy] = [mean(x), mean(y)];
  return mean(x.map((v, i) => (v - cx) * (y[i]! - cy)));
};

/** Pearson's; NaN where one does not vary. */
export const correlation = (x: readonly number[], y: readonly number[]): number =>
  covariance(x, y) / (deviation(x) * deviation(y));

/** Of the line of y by x. */
export const slope = (x: readonly number[], y: readonly number[]): number =>
  covariance(x, y) / covariance(x, x);

/** Length of a vector, or of the difference of two. */
export function distance(a: ArrayLike<number>, b?: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - (b ? b[i]! : 0)) ** 2;
  return Math.sqrt(sum);
}
