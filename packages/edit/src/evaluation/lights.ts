/**
 * @module How well edits of the light bring the light that is asked for, and nothing else.
 */
import type { NDArray } from '@sextant/engine';
import { changeLight } from '../procedure.js';
import type { CodeEditor } from '../session.js';
import { changeOf, type Subjects, sliderValues } from './disentanglement.js';
import { type IdentityChange, identityChange } from './identity.js';
import { correlation, mean, slope } from './statistics.js';

export interface LightFigures {
  readonly light: string;
  /** Correlation of the strengths asked for with the shares of the way to the light that were obtained. */
  readonly response: number;
  /** Slope of the line of obtained by asked. */
  readonly gain: number;
  /** By attribute: size of the change in deviations at full strength, mean over codes. */
  readonly changes: readonly number[];
  /** At full strength, where persons are told apart. */
  readonly identity?: IdentityChange;
}

/**
 * Moves each code towards each light of the table, by strengths from 0 to 1.
 *
 * @param steps - strengths (5).
 */
export async function measureLights(
  editor: CodeEditor,
  { table, codes, sources, look, deviations, threshold }: Subjects,
  steps = 5,
): Promise<readonly LightFigures[]> {
  const strengths = sliderValues([0, 1], steps);
  const figures: LightFigures[] = [];
  for (const [name, light] of Object.entries(table.lights)) {
    const edited: NDArray[] = [];
    for (const [i, code] of codes.entries()) {
      const begun = await editor.begin(code, sources[i]!);
      for (const strength of strengths) {
        const change = changeLight(table, sources[i]!, begun.target, [{ light, strength }]);
        edited.push((await editor.change(begun, change)).w);
      }
    }
    const seen = await look(edited);
    const shares = seen.map((s, at) => shareOf(sources[Math.floor(at / steps)]!.light, s.light, light));
    const asked = seen.map((_, at) => strengths[at % steps]!);
    const full = seen.filter((_, at) => at % steps === steps - 1);
    const moved = full.map((s, i) => changeOf(sources[i]!, s, deviations).attributes);
    figures.push({
      light: name,
      response: correlation(asked, shares),
      gain: slope(asked, shares),
      changes: table.attributes.map((_, k) => mean(moved.map((change) => Math.abs(change[k]!)))),
      ...(threshold !== undefined && { identity: identityChange(sources, full, threshold) }),
    });
  }
  return figures;
}

/** How much of the way from one light to another a third has gone. */
function shareOf(from: ArrayLike<number>, now: ArrayLike<number>, to: ArrayLike<number>): number {
  const way = Array.from(to, (v, k) => v - from[k]!);
  const done = way.reduce((sum, v, k) => sum + v * (now[k]! - from[k]!), 0);
  return done / way.reduce((sum, v) => sum + v * v, 0);
}
