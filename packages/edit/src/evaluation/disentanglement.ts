/**
 * @module How well an edit changes what is asked and nothing else (section 8 of the specification). Changes are told in deviations:
 * of each attribute among pictures of the generator.
 */
import type { NDArray } from '@sextant/engine';
import type { AttributeTable, Shown } from '../attributes.js';
import { type IdentityChange, identityChange } from './identity.js';
import type { EditMethod, Look, Seen } from './method.js';
import { correlation, distance, mean, slope } from './statistics.js';

/** Codes that methods edit, and how the results are judged. */
export interface Subjects {
  readonly table: AttributeTable;
  /** [rows, D] each. */
  readonly codes: readonly NDArray[];
  /** What the codes show before they are edited. */
  readonly sources: readonly Seen[];
  readonly look: Look;
  /** One deviation of everything that is shown. */
  readonly deviations: Shown;
  /** The cosine from which on two faces are one person's; where persons are told apart. */
  readonly threshold?: number;
}

export interface Response {
  /** By edited attribute: Pearson's correlation of the values asked for with those obtained. */
  readonly response: readonly number[];
  /** By edited attribute: slope of the line of obtained by asked values. */
  readonly gain: readonly number[];
}

/** Values of an attribute's slider that are asked for: `steps` of them from one end to the other; one alone is its beginning. */
export const sliderValues = ([low, high]: readonly [number, number], steps: number): number[] =>
  Array.from({ length: steps }, (_, i) => low + ((high - low) * i) / Math.max(1, steps - 1));

/**
 * Edits each attribute of each code to each value of its slider, and compares what was asked for and obtained.
 *
 * @param steps - values of each slider (5).
 */
export async function measureResponse(
  method: EditMethod,
  { table, codes, sources, look }: Subjects,
  steps = 5,
): Promise<Response> {
  const lines = [];
  for (const [index, { range }] of table.attributes.entries()) {
    const values = sliderValues(range, steps);
    const edited: NDArray[] = [];
    for (const [i, code] of codes.entries())
      for (const value of values) edited.push(await method.edit(code, sources[i]!, [[index, value]]));
    const obtained = (await look(edited)).map((s) => s.attributes[index]!);
    const asked = obtained.map((_, i) => values[i % steps]!);
    lines.push({ response: correlation(asked, obtained), gain: slope(asked, obtained) });
  }
  return { response: lines.map((l) => l.response), gain: lines.map((l) => l.gain) };
}

/** What an edit changes, at a given change of its attribute. */
export interface ObtainedChange {
  /** The change that was asked for, in deviations. */
  readonly asked: number;
  /** The change that was obtained in the direction asked for, in deviations, mean over codes. */
  readonly obtained: number;
  /** Whether that is, to a tenth, the wanted one. Otherwise four times as much was asked for, and did not obtain it. */
  readonly equal: boolean;
  /** By measured attribute, the edited one among them: size of the change in deviations, mean over codes. */
  readonly changes: readonly number[];
  /** Length of the change of the light, relative to that of a deviation of all nine coefficients, mean over codes. */
  readonly light: number;
  /** Where persons are told apart. */
  readonly identity?: IdentityChange;
}

/** More than so many times the wanted change is not asked for. */
const MOST = 4;
/** How near the obtained change is tried to come to the wanted one, as a share of it; how near is near enough; and how often it is tried. */
const [NEAR, EQUAL, TRIES] = [0.02, 0.1, 8];

/**
 * Changes each attribute of each code by as much as is needed to obtain the same change with every method, in the mean over codes:
 * a method that asks for less moves less, and leaks less. Each code's attribute goes towards the farther end of its slider.
 *
 * @param wanted - the change to obtain, in deviations (1).
 * @returns by edited attribute.
 */
export async function measureAtEqualResponse(
  method: EditMethod,
  subjects: Subjects,
  wanted = 1,
): Promise<readonly ObtainedChange[]> {
  const found: ObtainedChange[] = [];
  for (const index of subjects.table.attributes.keys())
    found.push(await search(wanted, (asked) => changedBy(method, subjects, index, asked)));
  return found;
}

type Change = Omit<ObtainedChange, 'equal'>;

async function search(wanted: number, changed: (asked: number) => Promise<Change>): Promise<ObtainedChange> {
  const miss = ({ obtained }: Change) => Math.abs(obtained - wanted) / wanted;
  let now = await changed(wanted);
  let best = now;
  let low: Pick<Change, 'asked' | 'obtained'> = { asked: 0, obtained: 0 };
  let high: Change | undefined;
  for (let i = 1; i < TRIES && miss(now) > NEAR; i++) {
    if (now.obtained > wanted) high = now;
    else if (now.asked < MOST * wanted) low = now;
    else break;
    // Where the line between both ends does not lead there, halves do.
    const share = high && i % 3 > 0 ? (wanted - low.obtained) / (high.obtained - low.obtained) : 0.5;
    now = await changed(
      high ? low.asked + share * (high.asked - low.asked) : Math.min(2 * now.asked, MOST * wanted),
    );
    if (miss(now) < miss(best)) best = now;
  }
  return { ...best, equal: miss(best) <= EQUAL };
}

/** What is seen when an attribute of all codes is changed by so many deviations. */
async function changedBy(
  method: EditMethod,
  { table, codes, sources, look, deviations, threshold }: Subjects,
  index: number,
  asked: number,
): Promise<Change> {
  const [low, high] = table.attributes[index]!.range;
  const ways = sources.map((s) => (s.attributes[index]! <= (low + high) / 2 ? 1 : -1));
  const step = asked * deviations.attributes[index]!;
  const edited: NDArray[] = [];
  for (const [i, code] of codes.entries()) {
    const value = sources[i]!.attributes[index]! + ways[i]! * step;
    edited.push(await method.edit(code, sources[i]!, [[index, value]]));
  }
  const seen = await look(edited);
  const moved = seen.map((s, i) => changeOf(sources[i]!, s, deviations));
  return {
    asked,
    obtained: mean(moved.map(({ attributes }, i) => ways[i]! * attributes[index]!)),
    changes: table.attributes.map((_, k) => mean(moved.map(({ attributes }) => Math.abs(attributes[k]!)))),
    light: mean(moved.map(({ light }) => light)),
    ...(threshold !== undefined && { identity: identityChange(sources, seen, threshold) }),
  };
}

/** From one picture to another, by attribute and of the light as a whole. */
export function changeOf(from: Shown, to: Shown, deviations: Shown) {
  return {
    attributes: Array.from(to.attributes, (v, k) => (v - from.attributes[k]!) / deviations.attributes[k]!),
    light: distance(to.light, from.light) / distance(deviations.light),
  };
}

/** By edited attribute: mean of the others' changes and the light's; null where the wanted change was not obtained. */
export const leakageOf = (found: readonly ObtainedChange[]): (number | null)[] =>
  found.map(({ equal, changes, light }, i) =>
    equal ? mean([...changes.filter((_, k) => k !== i), light]) : null,
  );

/**
 * Whether the order of two edits matters: for attributes p and q, mean over codes of |A(p, then q) - A(q, then p)| of attribute p, in
 * deviations of p. Attributes go to three quarters of their sliders.
 *
 * @returns rows by p, columns by q; 0 on the diagonal.
 */
export async function measureOrder(
  method: EditMethod,
  { table, codes, sources, look, deviations }: Subjects,
): Promise<readonly (readonly number[])[]> {
  const edits = table.attributes.map(({ range: [low, high] }, i) => [i, low + 0.75 * (high - low)] as const);
  const order = edits.map(() => edits.map(() => 0));
  for (const [p, first] of edits.entries()) {
    for (const [q, second] of edits.entries()) {
      if (q <= p) continue;
      const both: NDArray[] = [];
      for (const [i, code] of codes.entries()) {
        both.push(await method.edit(code, sources[i]!, [first, second]));
        both.push(await method.edit(code, sources[i]!, [second, first]));
      }
      const seen = await look(both);
      const moved = codes.map((_, i) => changeOf(seen[2 * i]!, seen[2 * i + 1]!, deviations).attributes);
      order[p]![q] = mean(moved.map((change) => Math.abs(change[p]!)));
      order[q]![p] = mean(moved.map((change) => Math.abs(change[q]!)));
    }
  }
  return order;
}

/** Mean of what is not on the diagonal. */
export const meanOrder = (order: readonly (readonly number[])[]): number =>
  mean(order.flatMap((row, p) => row.filter((_, q) => q !== p)));
