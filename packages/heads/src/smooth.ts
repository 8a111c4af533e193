/**
 * @module The elementary functions that the formulas are written in.
 */

/** Into [0, 1]. */
export const clamp = (x: number): number => (x < 0 ? 0 : x > 1 ? 1 : x);

/** `sm` of section 10: from 0 at `a` to 1 at `b`, level at both ends. */
export function smoothstep(a: number, b: number, x: number): number {
  const k = clamp((x - a) / (b - a));
  return k * k * (3 - 2 * k);
}

/** exp(-q/2), the Gaussian at q squared deviations; 0 beyond 6 deviations, where it is below 2e-8. */
export const bell = (q: number): number => (q < 36 ? Math.exp(-0.5 * q) : 0);

/** Two Gaussians beside the middle, at x and -x. @param along - squared deviations in the other direction */
export const bells = (x: number, at: number, width: number, along: number): number =>
  bell(((x - at) / width) ** 2 + along) + bell(((x + at) / width) ** 2 + along);

/** x⁴ */
export const fourth = (x: number): number => x * x * (x * x);

/** `N` of section 10: a pattern over space, about -1 to 1. */
export function noise(x: number, y: number, z: number): number {
  return (
    0.5 *
    (Math.sin(17 * (0.8 * x + 0.5 * y + 0.3 * z) + 1) +
      Math.sin(29 * (-0.4 * x + 0.9 * y + 0.2 * z) + 2) / 1.6 +
      Math.sin(47 * (0.6 * x - 0.7 * y + 0.4 * z) + 0.5) / 2.4)
  );
}
