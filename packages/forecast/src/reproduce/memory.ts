/**
 * @module Memory and time of a training step by the length of the window, full and log-sparse (section 3.2).
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Figures, Job, Measured, Part } from '@sextant/experiment';
import { grouped } from '@sextant/experiment';
import { lineChart } from '@sextant/plot';
import type { PatternConfig } from '../patterns.js';
import { FULL, LOCAL, LOG_SPARSE } from './architectures.js';
import type { StepFigures, StepSettings } from './memory-step.js';

const LENGTHS = [512, 1024, 2048, 4096, 8192, 16_384];
const PATTERNS: Readonly<Record<string, PatternConfig>> = {
  full: FULL,
  'log-sparse': LOG_SPARSE,
  'log-sparse, local': LOCAL,
};
const TIMED = 3;

/** What a process may need; more is not tried. */
const LIMIT_MIB = 18 * 1024;

const SCRIPT = fileURLToPath(new URL('./memory-step.js', import.meta.url));

const jobOf = (row: string, mask: PatternConfig, length: number): Job => {
  const settings: StepSettings = { mask, length, steps: TIMED };
  return {
    row,
    seed: 0,
    settings: { ...settings, measure: 'memory' },
    run: ({ signal, measured }) =>
      expectedMiB(ofRow(measured, row), length) > LIMIT_MIB
        ? Promise.resolve(undefined)
        : stepsOf(settings, signal),
  };
};

async function stepsOf(settings: StepSettings, signal: AbortSignal): Promise<Figures | undefined> {
  const start = performance.now();
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, JSON.stringify(settings)], {
      signal,
    });
    const { ms, peakRssMiB } = JSON.parse(stdout) as StepFigures;
    const median = [...ms].sort((a, b) => a - b)[ms.length >> 1]!;
    return {
      L: settings.length,
      MiB: peakRssMiB,
      ms: median,
      'process s': (performance.now() - start) / 1000,
    };
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** MiB at a length by those at the two greatest measured ones: b + a L², with b what does not grow. */
function expectedMiB(measured: readonly Measured[], length: number): number {
  const [before, last] = measured.slice(-2).map(({ figures }) => figures as { L: number; MiB: number });
  if (!before || !last) return 0;
  return last.MiB + ((last.MiB - before.MiB) * (length ** 2 - last.L ** 2)) / (last.L ** 2 - before.L ** 2);
}

const ofRow = (measured: readonly Measured[], row: string) => measured.filter(({ job }) => job.row === row);

export const memory: Part = {
  title: "A training step of the article's network (k = 6) on one window of L steps",
  jobs: () =>
    Object.entries(PATTERNS).flatMap(([row, mask]) => LENGTHS.map((length) => jobOf(row, mask, length))),
  report(measured) {
    const rows = [...grouped(measured, ({ job }) => job.row)];
    const at = (each: readonly Measured[], length: number, text: (f: Figures) => string): string => {
      const found = each.find(({ figures }) => figures.L === length);
      return found ? text(found.figures) : `not run: ${gib(expectedMiB(each, length))} expected`;
    };
    const panel = (title: string, column: string) => ({
      series: rows.map(([name, each]) => ({
        name,
        x: each.map(({ figures }) => figures.L!),
        y: each.map(({ figures }) => figures[column]!),
      })),
      x: { title: 'L', scale: 'log', ticks: LENGTHS } as const,
      y: { title, scale: 'log' } as const,
    });
    return {
      rows: LENGTHS.map((length) => ({
        L: length,
        ...Object.fromEntries(
          rows.flatMap(([name, each]) => [
            [`${name}: peak RSS`, at(each, length, ({ MiB }) => gib(MiB!))],
            [`${name}: step`, at(each, length, ({ ms }) => `${ms!.toFixed(0)} ms`).replace(/^not run.*/, '')],
          ]),
        ),
      })),
      notes: [
        `Every cell from a process of its own: its peak memory, and the median time of ${TIMED} steps.`,
      ],
      chart: lineChart({
        title: "A training step of the article's network",
        panels: [panel('peak RSS, MiB', 'MiB'), panel('time, ms', 'ms')],
      }),
    };
  },
};

const gib = (mib: number): string => `${(mib / 1024).toFixed(2)} GiB`;
