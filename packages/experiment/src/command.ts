/**
 * @module The command of a system's experiments.
 */
import { basename, join } from 'node:path';
import { InputError, writeFile } from '@sextant/io';
import { writeChart } from '@sextant/plot';
import { type DeviceOptions, formatTable, onDevice, positiveNumber, withDevice } from '@sextant/system';
import { interruptSignal } from '@sextant/train';
import { Argument, Command } from 'commander';
import { type Measured, type Part, type PartOptions, runJobs } from './jobs.js';
import { markdown, valuesOf } from './summary.js';

interface Options extends DeviceOptions, PartOptions {
  readonly out: string;
  readonly only?: readonly string[];
}

/** Runs the command line of `npm run reproduce -- <system>` with these experiments. */
export async function runExperiments(system: string, parts: Readonly<Record<string, Part>>): Promise<void> {
  const command = withDevice(new Command(`reproduce ${system}`))
    .description(
      'Runs experiments job by job into <out>/results.jsonl. Jobs with a result there are left out, trainings continue ' +
        'where they were stopped: the same command goes on. Prints a table at the end, and writes it to <out>/<part>.md.',
    )
    .addArgument(new Argument('[part]', 'one experiment; all without it').choices(Object.keys(parts)))
    .option('--out <folder>', 'where results are kept', `runs/${system}`)
    .option('--data <folder>', 'the data sets', '../shared/data')
    .option(
      '--budget <factor>',
      'multiplies steps of training, and the sizes of generated data',
      positiveNumber,
      1,
    )
    .option('--only <rows...>', 'measure only these rows of the table')
    .action((part: string | undefined, options: Options) => {
      const chosen = part === undefined ? parts : { [part]: parts[part]! };
      return onDevice(options, () => reproduce(system, chosen, options));
    });
  try {
    await command.parseAsync();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    say(`reproduce: ${error.message}`);
    process.exitCode = 1;
  }
}

const say = (line: string) => console.error(line);

async function reproduce(
  system: string,
  parts: Readonly<Record<string, Part>>,
  options: Options,
): Promise<void> {
  const { out, only } = options;
  const interrupt = interruptSignal(() => say('Finishing this step …'));
  const { signal } = interrupt;
  for (const [name, part] of Object.entries(parts)) {
    const jobs = part.jobs(options).filter(({ row }) => !only || only.includes(row));
    say(part.title);
    const measured = await runJobs(jobs, { out, signal, say });
    if (signal.aborted) break;
    await report(`${system} ${name}`, join(out, name), part, measured, options);
  }
  interrupt.dispose();
  if (interrupt.exitCode !== undefined) process.exitCode = interrupt.exitCode;
}

/** Prints a part's table, and writes it as Markdown beside its chart. */
async function report(
  name: string,
  path: string,
  part: Part,
  measured: readonly Measured[],
  options: Options,
) {
  const { rows, notes = [], chart } = part.report(measured);
  const below = [...notes, wallTime(measured), `Command: ${commandOf(name, options)}`];
  console.log(`\n${part.title}\n\n${formatTable(rows)}\n\n${below.join('\n')}\n`);
  if (chart) for (const format of ['svg', 'png']) await writeChart(`${path}.${format}`, chart);
  const picture = chart ? [`![${part.title}](${basename(path)}.svg)`] : [];
  const text = [`# ${part.title}`, markdown(rows), ...picture, ...below].join('\n\n');
  await writeFile(`${path}.md`, [Buffer.from(`${text}\n`)]);
}

function wallTime(measured: readonly Measured[]): string {
  const all = ['train s', 'predict s', 'process s'].flatMap((column) => valuesOf(measured, column));
  const seconds = all.reduce((sum, s) => sum + s, 0);
  return `Wall time of all jobs: ${(seconds / 60).toFixed(1)} min`;
}

const commandOf = (name: string, { budget, threads, only }: Options): string =>
  [
    `npm run reproduce -- ${name}`,
    ...(only === undefined ? [] : [`--only ${only.map((row) => `'${row}'`).join(' ')}`]),
    ...(budget === 1 ? [] : [`--budget ${budget}`]),
    ...(threads === undefined ? [] : [`--threads ${threads}`]),
  ].join(' ');
