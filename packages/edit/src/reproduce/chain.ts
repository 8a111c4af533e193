/**
 * @module How far codes drift in chains of random edits, and how near they come back.
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
import { type ChainPoint, measureChain } from '../evaluation/chain.js';
import { lookOf } from '../evaluation/method.js';
import { mean as meanOf } from '../evaluation/statistics.js';
import { CodeEditor } from '../session.js';
import { editorFingerprints, type Model, modelOf, TRUNCATION } from './model.js';

const [CODES, EDITS, EVERY] = [8, 50, 10];
const SEEDS = [1, 2, 3];
/** Of the solver: as sessions edit, and a coarser one. */
const TOLERANCES = { 'tolerance 1e-5': 1e-5, 'tolerance 1e-3': 1e-3 };

async function measure(model: Model, tolerance: number, seed: number): Promise<Figures> {
  const { editor, recognizer, population } = model;
  const start = performance.now();
  const { flow, table } = editor.parts.codes;
  const codeEditor = new CodeEditor(flow, table, { method: 'dopri5', rtol: tolerance, atol: tolerance });
  try {
    const codes = await editor.sample(CODES, { seed, truncation: TRUNCATION });
    const look = lookOf(editor, recognizer);
    const options = { edits: EDITS, every: EVERY, seed, look, population, codeEditor };
    const points = await measureChain(editor, codes, options);
    return {
      ...Object.fromEntries(points.flatMap(figuresOf)),
      'process s': (performance.now() - start) / 1000,
    };
  } finally {
    await codeEditor.release();
  }
}

const after = (edits: number, back: boolean): string => `${edits} edits${back ? ', all back' : ''}`;

/** Columns with the digits that they are written with. */
const COLUMNS = {
  '|w - w0| / |w0|': 4,
  'of the spread': 4,
  'pixels, of 255': 2,
  'seen, mean': 3,
  'seen, most': 3,
  cosine: 3,
  'largest |w|': 3,
  'not finite': 0,
} as const;

function figuresOf({ edits, back, seen, light, ...point }: ChainPoint): [string, number][] {
  const columns: Partial<Record<keyof typeof COLUMNS, number>> = {
    '|w - w0| / |w0|': point.distance,
    'of the spread': point.spread,
    'pixels, of 255': point.pixels,
    'seen, mean': meanOf(seen),
    'seen, most': Math.max(...seen, light),
    ...(point.cosine !== undefined && { cosine: point.cosine }),
    'largest |w|': point.largest,
    'not finite': point.notFinite,
  };
  return Object.entries(columns).map(([name, value]) => [`${after(edits, back)}: ${name}`, value]);
}

const MOMENTS = Array.from({ length: EDITS / EVERY }, (_, i) => (i + 1) * EVERY);

export const chain: Part = {
  title: `Chains of ${EDITS} random edits, and all sliders put back`,
  jobs({ data }) {
    const parts = editorFingerprints(data);
    const model = modelOf(data);
    return Object.entries(TOLERANCES).flatMap(([row, tolerance]) =>
      SEEDS.map(
        (seed): Job => ({
          row,
          seed,
          settings: { chain: { codes: CODES, edits: EDITS, every: EVERY }, tolerance, ...parts },
          run: async () => measure(await model(), tolerance, seed),
        }),
      ),
    );
  },
  report(measured) {
    const rows = [...grouped(measured, ({ job }) => job.row)];
    const curve = (name: string, each: readonly Measured[], back: boolean, column: string) => ({
      name: back ? `${name}, all back` : name,
      x: MOMENTS,
      y: MOMENTS.map((edits) => mean(valuesOf(each, `${after(edits, back)}: ${column}`))),
    });
    const panel = (title: string, column: string) => ({
      series: rows.flatMap(([name, each]) => [false, true].map((back) => curve(name, each, back, column))),
      x: { title: 'edits', ticks: MOMENTS },
      y: { title, scale: 'log' } as const,
    });
    return {
      rows: rows.flatMap(([name, each]) =>
        MOMENTS.flatMap((edits) => [after(edits, false), after(edits, true)]).map((moment, i) => ({
          chains: i === 0 ? name : '',
          after: moment,
          ...Object.fromEntries(
            Object.entries(COLUMNS).flatMap(([column, digits]) => {
              const values = valuesOf(each, `${moment}: ${column}`);
              return values.length > 0 ? [[column, cell(values, digits)]] : [];
            }),
          ),
        })),
      ),
      notes: [
        `${SEEDS.length} seeds of ${CODES} codes each. Of the spread: relative to the root mean square of the distances of random codes from their mean. ` +
          'Seen: change of what the estimator sees, in deviations, mean over attributes and the largest. Largest |w|: of a row, relative to that of 4,096 random codes.',
      ],
      ...(rows.length > 0 && {
        chart: lineChart({
          title: `Chains of ${EDITS} random edits`,
          panels: [
            panel('distance, of the spread of W', 'of the spread'),
            panel('change seen, deviations', 'seen, mean'),
          ],
        }),
      }),
    };
  },
};
