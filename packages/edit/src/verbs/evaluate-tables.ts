/**
 * @module What `sextant edit evaluate` measures, as text.
 */
import { formatTable } from '@sextant/system';
import type { AttributeTable } from '../attributes.js';
import type { ChainPoint } from '../evaluation/chain.js';
import type { MethodFigures } from '../evaluation/compare.js';
import { meanOrder } from '../evaluation/disentanglement.js';
import type { FlowQuality, Likelihood } from '../evaluation/flow-quality.js';
import { mean } from '../evaluation/statistics.js';

/** A line for each method and edited attribute, and one for the method's means. */
export function methodsTable(results: readonly MethodFigures[], table: AttributeTable): string {
  const names = table.attributes.map(({ name }) => name);
  const rows = results.flatMap((figures) => [
    ...names.map((name, i) => ({
      method: i === 0 ? figures.method : '',
      ...lineOf(figures, names, name, i),
    })),
    meansOf(figures),
  ]);
  return formatTable(rows);
}

function lineOf(
  { response, gain, equal, leakage, order }: MethodFigures,
  names: readonly string[],
  edited: string,
  i: number,
) {
  const found = equal[i];
  return {
    edited,
    response: fixed(response[i]!, 3),
    gain: fixed(gain[i]!, 2),
    order: fixed(mean(order[i]!.filter((_, q) => q !== i)), 2),
    asked: found ? fixed(found.asked, 2) : 'not obtained',
    leakage: found ? fixed(leakage[i]!, 3) : '',
    'most into': found ? mostOf([...found.changes, found.light], [...names, 'Light'], i) : '',
    ...(found?.identity && {
      cosine: fixed(found.identity.cosine, 3),
      distance: fixed(found.identity.distance, 3),
      'same person': percent(found.identity.same),
    }),
  };
}

function meansOf({ response, gain, equal, leakage, order }: MethodFigures) {
  const found = equal.filter((each) => each !== null);
  const identities = found.flatMap(({ identity }) => identity ?? []);
  return {
    method: '',
    edited: 'mean',
    response: fixed(mean(response), 3),
    gain: fixed(mean(gain), 2),
    order: fixed(meanOrder(order), 2),
    asked: found.length > 0 ? fixed(mean(found.map(({ asked }) => asked)), 2) : '',
    leakage: found.length > 0 ? fixed(mean(leakage.filter((each) => each !== null)), 3) : '',
    ...(identities.length > 0 && {
      cosine: fixed(mean(identities.map((each) => each.cosine)), 3),
      distance: fixed(mean(identities.map((each) => each.distance)), 3),
      'same person': percent(mean(identities.map((each) => each.same))),
    }),
  };
}

/** The largest of the changes that were not asked for, with its name. */
function mostOf(changes: readonly number[], names: readonly string[], edited: number): string {
  const others = changes.map((change, k) => (k === edited ? Number.NEGATIVE_INFINITY : change));
  const most = others.indexOf(Math.max(...others));
  return `${names[most]} ${fixed(changes[most]!, 2)}`;
}

/** One method's matrix: rows by edited attribute, columns by what changes with it. */
export const leakageTable = ({ equal }: MethodFigures, { attributes }: AttributeTable): string =>
  formatTable(
    attributes.map(({ name }, i) => ({
      edited: name,
      ...Object.fromEntries(
        attributes.map((a, k) => [a.name, equal[i] ? fixed(equal[i].changes[k]!, 2) : '']),
      ),
      Light: equal[i] ? fixed(equal[i].light, 2) : '',
    })),
  );

/** A line for every point of a chain. */
export const chainTable = (points: readonly ChainPoint[], { attributes }: AttributeTable): string =>
  formatTable(
    points.map(({ edits, back, distance, spread, pixels, seen, light, cosine, largest, notFinite }) => ({
      after: back ? 'all back' : `${edits} edits`,
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
