/**
 * @module The standard normal distribution in double precision.
 */

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

/** From here on the continued fraction of the tail is exact; below, the series is. */
const TAIL = 3;

/** Density φ(x) = exp(−x²/2) / √(2π). */
export const normalPdf = (x: number): number => Math.exp(-0.5 * x * x) / ROOT_TWO_PI;

/**
 * Distribution function Φ(x), with a small relative error in the lower tail too.
 *
 * Series Φ(x) = 1/2 + φ(x) (x + x³/3 + x⁵/(3·5) + …) in the middle (Marsaglia 2004); in the tails Laplace's continued
 * fraction 1 − Φ(x) = φ(x) / (x + 1/(x + 2/(x + 3/(x + …)))).
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (Math.abs(x) < TAIL) {
    let term = x;
    let sum = x;
    for (let k = 3, before = 0; sum !== before; k += 2) {
      before = sum;
      term *= (x * x) / k;
      sum += term;
    }
    return 0.5 + sum * normalPdf(x);
  }
  const far = Math.abs(x);
  let fraction = far;
  for (let k = 100; k > 0; k--) fraction = far + k / fraction;
  const tail = normalPdf(far) / fraction;
  return x < 0 ? tail : 1 - tail;
}

/**
 * The p-quantile Φ⁻¹(p); −∞ at 0, ∞ at 1, NaN outside [0, 1].
 *
 * Starts from Abramowitz & Stegun 26.2.23 (error below 4.5e-4) and takes two steps of Halley's method, each of which
 * triples the number of correct digits.
 */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p === 0) return Number.NEGATIVE_INFINITY;
  const t = Math.sqrt(-2 * Math.log(p));
  let x =
    (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let step = 0; step < 2; step++) {
    const u = (normalCdf(x) - p) / normalPdf(x);
    x -= u / (1 + 0.5 * x * u);
  }
  return x;
}
