/**
 * @module `npm run reproduce -- forecast [part]`: the package's experiments.
 */
import { join } from 'node:path';
import { InputError, writeFile } from '@sextant/io';
import { writeChart } from '@sextant/plot';
import { type DeviceOptions, formatTable, onDevice, positiveNumber, withDevice } from '@sextant/system';
import { interruptSignal } from '@sextant/train';
import { Argument, Command } from 'commander';
import { ett } from './ett.js';
import { type Measured, type Part, type PartOptions, runJobs } from './jobs.js';
import { kernelSize } from './kernel-size.js';
import { m4 } from './m4.js';
import { memory } from './memory.js';
import { solar } from './solar.js';
import { markdown, valuesOf } from './summary.js';
import { synthetic } from './synthetic.js';

const PARTS: Readonly<Record<string, Part>> = {
  m4,
  solar,
  ett,
  synthetic,
  'kernel-size': kernelSize,
  memory,
};

interface Options extends DeviceOptions, PartOptions {
  readonly out: string;
}

const say = (line: string) => console.error(line);

async function reproduce(names: readonly string[], options: Options): Promise<void> {
  const { out } = options;
  const interrupt = interruptSignal(() => say('Finishing this step …'));
  const { signal } = interrupt;
  for (const name of names) {
    const part = PARTS[name]!;
    const jobs = part.jobs(options);
    say(part.title);
    const measured = await runJobs(jobs, { out, signal, say });
    if (signal.aborted) break;
    await report(name, part, measured, options);
  }
  interrupt.dispose();
  if (interrupt.exitCode !== undefined) process.exitCode = interrupt.exitCode;
}

/** Prints a part's table, and writes it as Markdown beside its chart. */
async function report(name: string, part: Part, measured: readonly Measured[], options: Options) {
  const { rows, notes = [], chart } = part.report(measured);
  const path = (extension: string) => join(options.out, `${name}.${extension}`);
  const below = [...notes, wallTime(measured), `Command: ${commandOf(name, options)}`];
  console.log(`\n${part.title}\n\n${formatTable(rows)}\n\n${below.join('\n')}\n`);
  if (chart) for (const format of ['svg', 'png']) await writeChart(path(format), chart);
  const picture = chart ? [`![${part.title}](${name}.svg)`] : [];
  const text = [`# ${part.title}`, markdown(rows), ...picture, ...below].join('\n\n');
  await writeFile(path('md'), [Buffer.from(`${text}\n`)]);
}

function wallTime(measured: readonly Measured[]): string {
  const all = ['train s', 'predict s', 'process s'].flatMap((column) => valuesOf(measured, column));
  const seconds = all.reduce((sum, s) => sum + s, 0);
  return `Wall time of all jobs: ${(seconds / 60).toFixed(1)} min`;
}

const commandOf = (name: string, { budget, threads }: Options): string =>
  [
    `npm run reproduce -- forecast ${name}`,
    ...(budget === 1 ? [] : [`--budget ${budget}`]),
    ...(threads === undefined ? [] : [`--threads ${threads}`]),
  ].join(' ');

const command = withDevice(new Command('reproduce forecast'))
  .description(
    'Runs experiments job by job into <out>/results.jsonl. Jobs with a result there are left out, trainings continue ' +
      'where they were stopped: the same command goes on. Prints a table at the end, and writes it to <out>/<part>.md.',
  )
  .addArgument(new Argument('[part]', 'one experiment; all without it').choices(Object.keys(PARTS)))
  .option('--out <folder>', 'where results are kept', 'runs/forecast')
  .option('--data <folder>', 'the data sets', '../shared/data')
  .option(
    '--budget <factor>',
    'multiplies steps of training, and the sizes of synthetic data',
    positiveNumber,
    1,
  )
  .action((part: string | undefined, options: Options) =>
    onDevice(options, () => reproduce(part === undefined ? Object.keys(PARTS) : [part], options)),
  );

try {
  await command.parseAsync();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  say(`reproduce: ${error.message}`);
  process.exitCode = 1;
}
