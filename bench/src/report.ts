/**
 * @module Results as text: a table per case, and what was left out.
 */
import { formatTable } from '@sextant/system';
import type { CaseResult, Lane } from './harness.js';
import { type Machine, wasLoaded } from './machine.js';
import { median, spread } from './stats.js';

/** A whole run of the benchmark. */
export interface Run {
  readonly system: string;
  /** YYYY-MM-DD */
  readonly date: string;
  readonly command: string;
  readonly threads: number;
  readonly machine: Machine;
  /** Load averages. */
  readonly load: { readonly before: number; readonly after: number };
  readonly results: readonly CaseResult[];
}

/** Results that differ by more are not of the same work. */
const DIGEST_TOLERANCE = 1e-3;

const rounded = (x: number | undefined, digits = 3): number | undefined =>
  x === undefined ? undefined : Number(x.toPrecision(Math.max(digits, Math.ceil(Math.log10(Math.abs(x))))));

/** Operations per second in thousands of millions. */
const gflops = ({ side, times }: Lane): number | undefined =>
  side.flops === undefined ? undefined : side.flops / median(times) / 1e6;

/** A line per measured side. Columns that would be empty are left out. */
export function rows({ measured, lanes }: CaseResult): Record<string, string | number>[] {
  const present = lanes.filter((lane) => lane.times.length > 0);
  const ours = present.find((lane) => lane.side.role === 'ours');
  const peaks = present.filter((lane) => lane.side.role === 'peak').map((lane) => gflops(lane) ?? 0);
  return present.map((lane) => {
    const { side, times, peakRssMb } = lane;
    const time = median(times);
    const [isPeak, isPeer] = [side.role === 'peak', side.role === 'peer'];
    const speed = gflops(lane);
    const cells: Record<string, string | number | undefined> = {
      side: side.name,
      'median ms': rounded(time, 4),
      'spread %': Math.round(100 * spread(times)),
      '× real time':
        isPeak || measured.audioSeconds === undefined
          ? undefined
          : rounded((1000 * measured.audioSeconds) / time),
      'GFLOP/s': rounded(speed),
      '% of peak':
        speed === undefined || peaks.length === 0
          ? undefined
          : Math.round((100 * speed) / Math.max(...peaks)),
      'peak RSS MiB': isPeak || peakRssMb === undefined ? undefined : Math.round(peakRssMb),
      'speed ratio': isPeer && ours ? rounded(time / median(ours.times)) : undefined,
      'memory ratio':
        isPeer && ours?.peakRssMb && peakRssMb ? rounded(ours.peakRssMb / peakRssMb) : undefined,
    };
    return Object.fromEntries(
      Object.entries(cells).filter((cell): cell is [string, string | number] => cell[1] !== undefined),
    );
  });
}

/** What a reader must know besides the figures: notes, results that disagree, sides that are missing. */
export function remarks({ lanes }: CaseResult): string[] {
  const expected = lanes.find((lane) => lane.side.role === 'ours')?.digest;
  return lanes.flatMap(({ side, note, digest, missing }) => {
    const lines: string[] = [];
    if (note) lines.push(`${side.name}: ${note}`);
    if (missing) {
      const how = side.command.install && !missing.failed ? ` (${side.command.install})` : '';
      lines.push(`${side.name}: ${missing.failed ? 'failed' : 'skipped'}: ${missing.reason}${how}`);
    }
    if (expected !== undefined && digest !== undefined) {
      const difference = Math.abs(digest - expected) / Math.abs(expected);
      // Written so that NaN counts as different.
      if (!(difference <= DIGEST_TOLERANCE))
        lines.push(`${side.name}: its result differs (${digest}, ours ${expected}): not the same work`);
    }
    return lines;
  });
}

/** One case as text for a terminal. */
export function caseText(result: CaseResult): string {
  const table = rows(result);
  return [
    `${result.measured.name}: ${result.measured.title}`,
    ...(table.length > 0 ? [formatTable(table)] : []),
    ...remarks(result).map((line) => `- ${line}`),
  ].join('\n');
}

/** A run as a section of RESULTS.md. */
export function section(run: Run): string {
  const { system, date, command, threads, machine, load, results } = run;
  const versions = Object.assign({}, ...results.flatMap((r) => r.lanes.map((lane) => lane.versions)));
  const loaded = wasLoaded(load.before, load.after, threads);
  return [
    `## ${system}`,
    `\`${command}\`, ${date}`,
    [
      `- ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GiB of memory; ${threads} threads per side`,
      `- ${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ')}`,
      `- the machine was ${loaded ? '**loaded: do not quote these figures**' : 'quiet'} ` +
        `(load average ${load.before.toFixed(2)} before, ${load.after.toFixed(2)} after)`,
    ].join('\n'),
    ...results.map((result) => {
      const { title, name, rounds } = result.measured;
      const table = rows(result);
      return [
        `### ${title}`,
        `\`${name}\`, median of ${rounds}`,
        ...(table.length > 0 ? [`\`\`\`\n${formatTable(table)}\n\`\`\``] : []),
        ...(remarks(result).length > 0
          ? [
              remarks(result)
                .map((line) => `- ${line}`)
                .join('\n'),
            ]
          : []),
      ].join('\n\n');
    }),
  ].join('\n\n');
}

/** A document with one of its `##` sections replaced, or added at its end. */
export function withSection(document: string, text: string): string {
  const heading = text.split('\n')[0]!;
  const parts = document.trimEnd().split(/^(?=## )/m);
  const at = parts.findIndex((part) => part.split('\n')[0] === heading);
  if (at < 0) parts.push(text);
  else parts[at] = text;
  return `${parts.map((part) => part.trim()).join('\n\n')}\n`;
}
