/**
 * @module `npm run bench -- <system>`: our speed beside that of every peer that is installed.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { positiveInteger } from '@sextant/system';
import { Argument, Command } from 'commander';
import type { Case, Setting } from './case.js';
import { editCases } from './edit/cases.js';
import { forecastCases } from './forecast/cases.js';
import { Harness } from './harness.js';
import { load, machine, settledLoad } from './machine.js';
import { caseText, type Run, section, withSection } from './report.js';
import { representCases } from './represent/cases.js';
import { vocoderCases } from './vocoder/cases.js';

const SYSTEMS: Readonly<Record<string, (setting: Setting) => Case[]>> = {
  vocoder: vocoderCases,
  forecast: forecastCases,
  represent: representCases,
  edit: editCases,
};

const RESULTS = new URL('../RESULTS.md', import.meta.url);

interface Options {
  readonly threads: number;
  readonly only?: readonly string[];
  readonly rounds?: number;
  readonly json?: string;
  readonly write?: boolean;
}

async function bench(system: string, options: Options): Promise<void> {
  const { threads, only, rounds, json, write } = options;
  const folder = await mkdtemp(join(tmpdir(), 'sextant-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

  const python = process.env.SEXTANT_PYTHON ?? 'python3';
  const cases = chosen(SYSTEMS[system]!({ threads, folder, python }), only);
  // Figures that are kept want a quiet machine, and the build before this was work too.
  const before = write ? await settledLoad(waits) : load();
  const harness = new Harness();
  const results: Run['results'][number][] = [];
  for (const measured of cases) {
    process.stderr.write(`${measured.name} …\n`);
    const result = await harness.run(rounds === undefined ? measured : { ...measured, rounds });
    results.push(result);
    process.stdout.write(`${caseText(result)}\n\n`);
    if (result.lanes[0]!.missing?.failed) process.exitCode = 1;
  }
  const run: Run = {
    system,
    date: new Date().toISOString().slice(0, 10),
    command: `npm run bench -- ${process.argv.slice(2).join(' ')}`,
    threads,
    machine: machine(),
    load: { before, after: load() },
    results,
  };
  if (json) await writeFile(json, `${JSON.stringify(run, undefined, 2)}\n`);
  if (write) await writeFile(RESULTS, withSection(await readFile(RESULTS, 'utf8'), section(run)));
}

const waits = (load: number): boolean =>
  process.stderr.write(`waiting for a quiet machine (load average ${load.toFixed(2)}) …\n`);

function chosen(cases: readonly Case[], only: readonly string[] | undefined): readonly Case[] {
  const unknown = only?.find((name) => !cases.some((c) => c.name === name));
  if (unknown !== undefined) {
    throw new Error(`there is no case ${unknown} (there are: ${cases.map((c) => c.name).join(', ')})`);
  }
  return only ? cases.filter((c) => only.includes(c.name)) : cases;
}

const command = new Command('bench')
  .description(
    "Measures a system beside every peer that is installed. A ratio above 1 is in Sextant's favour.",
  )
  .addArgument(new Argument('<system>').choices(Object.keys(SYSTEMS)))
  .option('--threads <n>', 'threads of each side', positiveInteger, 2)
  .option('--only <names>', 'cases, separated by commas', (text) => text.split(','))
  .option('--rounds <n>', 'runs that count, instead of what each case asks for (5 or more)', positiveInteger)
  .option('--json <file>', 'write every timing')
  .option('--write', 'put the results into bench/RESULTS.md (of all cases, with their own rounds)')
  .action((system: string, options: Options) => {
    if (options.write && (options.only || options.rounds))
      command.error('--write records all cases with their own rounds: leave --only and --rounds out');
    return bench(system, options);
  });

try {
  await command.parseAsync();
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
