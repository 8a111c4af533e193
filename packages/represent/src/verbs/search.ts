/**
 * @module `sextant represent search`
 */
import { extname } from 'node:path';
import { type Image, openImages, sheet, writePng } from '@sextant/image';
import { checkOutputs, InputError } from '@sextant/io';
import {
  type DeviceOptions,
  formatTable,
  onDevice,
  positiveInteger,
  printResult,
  withDevice,
} from '@sextant/system';
import { Command, Option } from 'commander';
import type { Encoder } from '../encoder.js';
import { extentOf } from '../evaluation/features.js';
import { loadEncoder } from '../load.js';
import { type Hit, MEASURES, type Measure, search } from '../search.js';
import { type NamedVectors, readVectors } from '../vectors.js';
import { weightsOption } from './options.js';
import { leftOut } from './pictures.js';

interface SearchCommandOptions extends DeviceOptions {
  readonly in: string;
  readonly weights?: string;
  readonly k: number;
  readonly measure: Measure;
  readonly pictures?: string;
  readonly output?: string;
  readonly json?: boolean;
}

export const searchCommand = (): Command =>
  withDevice(new Command('search'))
    .summary('find the pictures nearest to one')
    .description(
      'Lists the pictures whose vectors are nearest to those of QUERY, nearest first. With --pictures and -o also writes them as a ' +
        'sheet: each query, and what was found for it, a row.',
    )
    .argument('<query>', 'a picture, or a folder of them')
    .requiredOption('--in <vectors>', 'required: what embed wrote, with the same weights')
    .addOption(weightsOption())
    .option('--k <n>', 'pictures to find', positiveInteger, 10)
    .addOption(new Option('--measure <name>', 'how near vectors are').choices(MEASURES).default('cosine'))
    .option('--pictures <path>', 'what embed was given')
    .option('-o, --output <file>', '.png to write; needs --pictures')
    .option('--json', 'print what was found as JSON')
    .action((query: string, options: SearchCommandOptions) => onDevice(options, () => run(query, options)));

async function run(query: string, options: SearchCommandOptions): Promise<void> {
  const { weights, k, measure, pictures, output, json } = options;
  if (output !== undefined) {
    if (extname(output).toLowerCase() !== '.png')
      throw new InputError(`${output}: a sheet is written as .png`);
    if (pictures === undefined)
      throw new InputError('a sheet needs the pictures: give --pictures what embed was given');
    await checkOutputs([query, options.in, weights, pictures], [output]);
  } else if (pictures !== undefined) {
    throw new InputError('--pictures is for a sheet: give -o too, the .png to write');
  }
  const base = await readVectors(options.in);
  const queries = await openImages(query);
  const encoder = await loadEncoder(weights);
  try {
    const [, width] = extentOf(base.vectors);
    if (width !== encoder.dimension)
      throw new InputError(
        `${options.in}: vectors of ${width} numbers, where these weights give ${encoder.dimension}; give --weights as embed had them`,
      );
    const { vectors, indices, broken } = await encoder.embedSet(queries);
    for (const line of leftOut(queries.skipped, broken)) process.stderr.write(`${line}\n`);
    const found = await search(base, vectors, { k, measure });
    const names = Array.from(indices, (i) => queries.name(i));
    if (output !== undefined) {
      const asked = await Promise.all(Array.from(indices, (i) => queries.load(i)));
      const shown = await picturesOf(found, pictures!);
      await checkEncoder(encoder, found[0]![0]!, base, shown, options.in);
      await writePng(output, sheetOf(asked, found, shown));
    }
    printResult(
      json,
      found.map((hits, i) => ({ query: names[i], hits })),
      () =>
        formatTable(
          found.flatMap((hits, i) =>
            hits.map(({ name, label, score }, place) => ({
              query: place === 0 ? names[i]! : '',
              picture: name,
              ...(label !== undefined && { class: label }),
              [measure]: score.toFixed(4),
            })),
          ),
        ),
    );
  } finally {
    await encoder.release();
    await queries.close();
  }
}

/** The pictures that were found, by name. */
async function picturesOf(
  found: readonly (readonly Hit[])[],
  pictures: string,
): Promise<ReadonlyMap<string, Image>> {
  const set = await openImages(pictures);
  try {
    const numbers = new Map(Array.from({ length: set.length }, (_, i) => [set.name(i), i]));
    const images = new Map<string, Image>();
    for (const { name } of found.flat()) {
      const index = numbers.get(name);
      if (index === undefined)
        throw new InputError(`${pictures} has no ${name}: give --pictures what embed was given`);
      if (!images.has(name)) images.set(name, await set.load(index));
    }
    return images;
  } finally {
    await set.close();
  }
}

/** Least cosine of one picture's vectors, computed twice: more than batches and threads change. */
const SAME = 0.999;

/** @throws InputError where the vectors are another encoder's of the same width, which nothing else would tell. */
async function checkEncoder(
  encoder: Encoder,
  { name }: Hit,
  { vectors, names }: NamedVectors,
  images: ReadonlyMap<string, Image>,
  path: string,
): Promise<void> {
  const own = Array.from((await encoder.embed([images.get(name)!])).data, Number);
  const at = names.indexOf(name) * own.length;
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  const given = Array.from(vectors.data.subarray(at, at + own.length), Number);
  if (dot(own, given) < SAME * Math.sqrt(dot(own, own) * dot(given, given))) {
    throw new InputError(
      `${path}: these weights give ${name} another vector; give --weights and --pictures as embed had them`,
    );
  }
}

/** A row for each query: itself, then what was found. */
function sheetOf(
  queries: readonly Image[],
  found: readonly (readonly Hit[])[],
  images: ReadonlyMap<string, Image>,
): Image {
  const rows = found.map((hits, i) => [queries[i]!, ...hits.map(({ name }) => images.get(name)!)]);
  const columns = rows[0]!.length;
  return sheet(rows.flat(), { columns, frame: (i) => (i % columns === 0 ? QUERY_FRAME : undefined) });
}

const QUERY_FRAME = [214, 69, 65] as const;
