/**
 * @module What `sextant edit evaluate` measures, as text.
 */
import { formatTable } from '@sextant/system';
import type { AttributeTable } from '../attributes.js';
import type { ChainPoint } from '../evaluation/chain.js';
import type { MethodFigures } from '../evaluation/compare.js';
import { meanOrder } from '../evaluation/disentanglement.js';
import type { FlowQuality, Likelihood } from '../evaluation/flow-quality.js';
import type { IdentityChange } from '../evaluation/identity.js';
import type { LightFigures } from '../evaluation/lights.js';
import { mean } from '../evaluation/statistics.js';
import type { TruthFigures } from '../evaluation/truth.js';

/** A line for each method and edited attribute, and one for the method's means. */
export function methodsTable(results: readonly MethodFigures[], table: AttributeTable): string {
  const names = table.attributes.map(({ name }) => name);
  const common = [...names.keys()].filter((i) => results.every(({ changes }) => changes[i]!.equal));
  const rows = results.flatMap((figures) => [
    ...names.map((name, i) => ({
      method: i === 0 ? figures.method : '',
      ...lineOf(figures, names, name, i),
    })),
    meansOf(figures, common),
  ]);
  return formatTable(rows);
}

function lineOf(
  { response, gain, changes, leakage, order }: MethodFigures,
  names: readonly string[],
  edited: string,
  i: number,
) {
  const { asked, obtained, equal, changes: all, light, identity } = changes[i]!;
  return {
    edited,
    response: fixed(response[i]!, 3),
    gain: fixed(gain[i]!, 2),
    order: fixed(mean(order[i]!.filter((_, q) => q !== i)), 2),
    asked: equal ? fixed(asked, 2) : `${fixed(asked, 2)} gives ${fixed(obtained, 2)}`,
    ...(equal && {
      leakage: fixed(leakage[i]!, 3),
      'most into': mostOf([...all, light], [...names, 'Light'], i),
      ...identityCells(identity && [identity]),
    }),
  };
}

/** Over all attributes, and where others leak over those alone whose change every method obtained. */
function meansOf({ response, gain, changes, leakage, order }: MethodFigures, common: readonly number[]) {
  return {
    method: '',
    edited: 'mean',
    response: fixed(mean(response), 3),
    gain: fixed(mean(gain), 2),
    order: fixed(meanOrder(order), 2),
    ...(common.length > 0 && {
      asked: fixed(mean(common.map((i) => changes[i]!.asked)), 2),
      leakage: fixed(mean(common.map((i) => leakage[i]!)), 3),
      'most into': common.length < changes.length ? `of ${common.length} rows` : '',
      ...identityCells(common.flatMap((i) => changes[i]!.identity ?? [])),
    }),
  };
}

/** Means; nothing where persons are not told apart. */
const identityCells = (changes: readonly IdentityChange[] = []) =>
  changes.length > 0 && {
    cosine: fixed(mean(changes.map((each) => each.cosine)), 3),
    distance: fixed(mean(changes.map((each) => each.distance)), 3),
    'same person': percent(mean(changes.map((each) => each.same))),
  };

/** The largest of the changes that were not asked for, with its name. */
function mostOf(changes: readonly number[], names: readonly string[], edited: number): string {
  const others = changes.map((change, k) => (k === edited ? Number.NEGATIVE_INFINITY : change));
  const most = others.indexOf(Math.max(...others));
  return `${names[most]} ${fixed(changes[most]!, 2)}`;
}

/** One method's matrix: rows by edited attribute, columns by what changes with it; without rows whose change was not obtained. */
export const leakageTable = ({ changes }: MethodFigures, { attributes }: AttributeTable): string =>
  formatTable(
    changes.flatMap(({ equal, changes: all, light }, i) =>
      equal
        ? {
            edited: attributes[i]!.name,
            ...Object.fromEntries(attributes.map(({ name }, k) => [name, fixed(all[k]!, 2)])),
            Light: fixed(light, 2),
          }
        : [],
    ),
  );

/** A line for each light: what it changes, by attribute. */
export const lightsTable = (lights: readonly LightFigures[], { attributes }: AttributeTable): string =>
  formatTable(
    lights.map(({ light, response, gain, changes, identity }) => ({
      light,
      response: fixed(response, 3),
      gain: fixed(gain, 2),
      ...Object.fromEntries(attributes.map(({ name }, k) => [name, fixed(changes[k]!, 2)])),
      ...identityCells(identity && [identity]),
    })),
  );

/** A line for each edited attribute, and the means. */
export function truthTable(truth: readonly TruthFigures[], { attributes }: AttributeTable): string {
  const line = (edited: string, of: (values: readonly number[]) => number) => ({
    edited,
    ...Object.fromEntries(
      truth.flatMap(({ method, way, cosine }) => [
        [`${method}: way`, fixed(of(way), 2)],
        [`${method}: cosine`, fixed(of(cosine), 2)],
      ]),
    ),
  });
  return formatTable([
    ...attributes.map(({ name }, i) => line(name, (values) => values[i]!)),
    line('mean', mean),
  ]);
}

/** A line for every point of a chain. */
export const chainTable = (points: readonly ChainPoint[], { attributes }: AttributeTable): string =>
  formatTable(
    points.map(({ edits, back, distance, spread, pixels, seen, light, cosine, largest, notFinite }) => ({
      after: `${edits} edits${back ? ', all back' : ''}`,
      '|w - w0| / |w0|': fixed(distance, 4),
      'of the spread': fixed(spread, 4),
      'pixels, of 255': fixed(pixels, 2),
      'seen, mean': fixed(mean(seen), 3),
      'seen, most': mostOf([...seen, light], [...attributes.map(({ name }) => name), 'Light'], -1),
      ...(cosine !== undefined && { cosine: fixed(cosine, 3) }),
      'largest |w|': fixed(largest, 3),
      'not finite': String(notFinite),
    })),
  );

/** Likelihoods, then a line for each tolerance. */
export function flowTable({ flow, gaussian, linear, solves }: FlowQuality): string {
  const line = (model: string, { nats, bitsPerDimension }: Likelihood, note = '') => ({
    model,
    'nats per code': `${fixed(nats, 2)}${note}`,
    'bits per dimension': fixed(bitsPerDimension, 4),
  });
  return [
    formatTable([
      line('flow', flow, ` ± ${fixed(flow.error, 2)}`),
      line('Gaussian', gaussian),
      line('Gaussian about a regression on attributes', linear),
    ]),
    formatTable(
      solves.map(({ tolerance, encode, decode, roundTrip }) => ({
        tolerance: tolerance.toExponential(0),
        'evaluations, encode': fixed(encode, 1),
        'evaluations, decode': fixed(decode, 1),
        'round trip, mean': roundTrip.mean.toExponential(1),
        'round trip, most': roundTrip.max.toExponential(1),
      })),
    ),
  ].join('\n\n');
}

const fixed = (value: number, digits: number): string => value.toFixed(digits);
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
