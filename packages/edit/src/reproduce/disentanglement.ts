/**
 * @module The flow beside straight lines in W: what else changes when all obtain the same change of an attribute.
 */
import {
  cell,
  type Figures,
  grouped,
  type Job,
  type Measured,
  mean,
  type Part,
  valuesOf,
} from '@sextant/experiment';
import { lineChart } from '@sextant/plot';
import { methodsOf, subjectsOf } from '../evaluation/compare.js';
import {
  leakageOf,
  measureAtEqualResponse,
  measureOrder,
  measureResponse,
} from '../evaluation/disentanglement.js';
import { mean as meanOf } from '../evaluation/statistics.js';
import { editorFingerprints, type Model, modelOf, TRUNCATION } from './model.js';

const CODES = 32;
const SEEDS = [1, 2, 3];
/** Changes that are obtained, in deviations. Persons are compared at the second. */
const CHANGES = [0.5, 1, 1.5];
const COMPARED = 1;
const METHODS = ['StyleFlow', 'regression', 'components'];

async function measure(model: Model, name: string, seed: number): Promise<Figures> {
  const { editor, recognizer, population } = model;
  const start = performance.now();
  const method = (await methodsOf(editor, population.codes)).find((each) => each.name === name)!;
  const subjects = await subjectsOf(editor, {
    count: CODES,
    seed,
    truncation: TRUNCATION,
    recognizer,
    population,
  });
  const names = editor.table.attributes.map((a) => a.name);
  const figures: Record<string, number> = {};
  const { response, gain } = await measureResponse(method, subjects);
  const order = await measureOrder(method, subjects);
  for (const [i, edited] of names.entries()) {
    figures[`${edited}: response`] = response[i]!;
    figures[`${edited}: gain`] = gain[i]!;
    figures[`${edited}: order`] = meanOf(order[i]!.filter((_, q) => q !== i));
  }
  for (const wanted of CHANGES) {
    const found = await measureAtEqualResponse(method, subjects, wanted);
    for (const [i, leakage] of leakageOf(found).entries()) {
      if (leakage === null) continue;
      const { asked, identity } = found[i]!;
      figures[`${names[i]}: ${leakageAt(wanted)}`] = leakage;
      if (wanted !== COMPARED) continue;
      figures[`${names[i]}: asked`] = asked;
      if (!identity) continue;
      figures[`${names[i]}: cosine`] = identity.cosine;
      figures[`${names[i]}: distance`] = identity.distance;
      figures[`${names[i]}: same person %`] = 100 * identity.same;
    }
  }
  return { ...figures, 'process s': (performance.now() - start) / 1000 };
}

const leakageAt = (wanted: number): string => `leakage at ${wanted}`;

/** Columns with the digits that they are written with. */
const COLUMNS: Readonly<Record<string, number>> = {
  response: 3,
  gain: 2,
  order: 2,
  asked: 2,
  ...Object.fromEntries(CHANGES.map((wanted) => [leakageAt(wanted), 3])),
  cosine: 3,
  distance: 3,
  'same person %': 0,
};

export const disentanglement: Part = {
  title: 'Edits of one attribute by the flow and by straight lines, at equal response',
  jobs({ data }) {
    const parts = editorFingerprints(data);
    const model = modelOf(data);
    return METHODS.flatMap((row) =>
      SEEDS.map(
        (seed): Job => ({
          row,
          seed,
          settings: { disentanglement: { method: row, codes: CODES, changes: CHANGES }, ...parts },
          run: async () => measure(await model(), row, seed),
        }),
      ),
    );
  },
  report(measured) {
    const methods = [...grouped(measured, ({ job }) => job.row)];
    const names = editedIn(measured);
    const known = new Set(measured.flatMap(({ figures }) => Object.keys(figures)));
    const columns = Object.keys(COLUMNS).filter((column) =>
      names.some((name) => known.has(`${name}: ${column}`)),
    );
    const rows = methods.flatMap(([method, each]) => [
      {
        method,
        edited: 'mean',
        ...cells(columns, (column) => meansOf(each, commonTo(measured, names, column), column)),
      },
      ...names.map((name) => ({
        method: '',
        edited: name,
        ...cells(columns, (column) => valuesOf(each, `${name}: ${column}`)),
      })),
    ]);
    return {
      rows,
      notes: [
        `${SEEDS.length} seeds of ${CODES} codes each: mean, least and greatest. Leakage at c: mean change of the other attributes and the light where the edited one changes by c deviations in ` +
          `the mean over codes. Asked, cosine, distance and same person: at ${COMPARED}. Empty where four times as much was asked for and did not obtain it; means are over attributes whose change all methods and seeds obtained` +
          `${missing(measured, names)}.`,
      ],
      ...(methods.length > 0 && { chart: chartOf(methods, measured, names) }),
    };
  },
};

/** The edited attributes that figures tell of. */
const editedIn = (measured: readonly Measured[]): string[] => [
  ...new Set(
    measured.flatMap(({ figures }) =>
      Object.keys(figures).flatMap((key) => /^(.*): response$/.exec(key)?.[1] ?? []),
    ),
  ),
];

/** Those of which all measurements have a figure. */
const commonTo = (measured: readonly Measured[], names: readonly string[], column: string): string[] =>
  names.filter((name) => measured.every(({ figures }) => `${name}: ${column}` in figures));

/** Of each seed, over attributes. */
const meansOf = (each: readonly Measured[], names: readonly string[], column: string): number[] =>
  names.length > 0
    ? each.map(({ figures }) => mean(names.map((name) => figures[`${name}: ${column}`]!)))
    : [];

const cells = (
  columns: readonly string[],
  values: (column: string) => readonly number[],
): Record<string, string> =>
  Object.fromEntries(columns.map((column) => [column, cell(values(column), COLUMNS[column]!)]));

/** What the means leave out. */
function missing(measured: readonly Measured[], names: readonly string[]): string {
  const parts = CHANGES.flatMap((wanted) => {
    const common = commonTo(measured, names, leakageAt(wanted));
    const left = names.filter((name) => !common.includes(name));
    return left.length > 0 ? [`at ${wanted} all but ${left.join(', ')}`] : [];
  });
  return parts.length > 0 ? `: ${parts.join('; ')}` : '';
}

function chartOf(
  methods: readonly (readonly [string, readonly Measured[]])[],
  measured: readonly Measured[],
  names: readonly string[],
) {
  const series = methods.map(([name, each]) => {
    const values = CHANGES.map((wanted) => {
      const column = leakageAt(wanted);
      return meansOf(each, commonTo(measured, names, column), column);
    });
    const of = (fn: (all: readonly number[]) => number) =>
      values.map((all) => (all.length > 0 ? fn(all) : Number.NaN));
    const error = { low: of((all) => Math.min(...all)), high: of((all) => Math.max(...all)) };
    return { name, x: CHANGES, y: of(mean), error };
  });
  return lineChart({
    title: 'What else an edit changes',
    panels: [
      {
        series,
        x: { title: 'change of the edited attribute, deviations', ticks: CHANGES },
        y: { title: 'mean change of the others, deviations' },
      },
    ],
  });
}
