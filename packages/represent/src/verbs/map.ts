/**
 * @module `sextant represent map`
 */
import { extname } from 'node:path';
import { encodeJpeg, type Image, type ImageSet, openImages, sheet } from '@sextant/image';
import { checkOutputs, writeFile } from '@sextant/io';
import { checkChartPath, writeChart } from '@sextant/plot';
import { type DeviceOptions, nonNegativeInteger, onDevice, printResult, withDevice } from '@sextant/system';
import { Command, Option } from 'commander';
import { loadEncoder } from '../load.js';
import { checkMapSize, MAP_METHODS, type MapMethod, mapVectors } from '../map.js';
import { mapChart } from '../map-chart.js';
import { mapPage, type Sprite } from '../map-page.js';
import { PictureProgress, weightsOption } from './options.js';
import { leftOut, namedVectors, PICTURES_ARGUMENT } from './pictures.js';

interface MapCommandOptions extends DeviceOptions {
  readonly weights?: string;
  readonly output: string;
  readonly method: MapMethod;
  readonly seed: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Width and height of the small pictures on a page. */
const THUMBNAIL = 32;

export const mapCommand = (): Command =>
  withDevice(new Command('map'))
    .summary('lay pictures out in the plane, alike ones together')
    .description(
      'Writes a map by the extension of the output: .html is one page that needs no network, to zoom in and see the pictures; .png and ' +
        '.svg are charts, coloured by class.',
    )
    .argument('<pictures>', PICTURES_ARGUMENT)
    .requiredOption('-o, --output <file>', 'required: .html, .png or .svg file to write')
    .addOption(weightsOption())
    .addOption(
      new Option('--method <name>', 'UMAP, or the first two principal components')
        .choices(MAP_METHODS)
        .default('umap'),
    )
    .option('--seed <n>', 'of the layout', nonNegativeInteger, 0)
    .option('--quiet', 'no progress')
    .option('--json', 'print what was written as JSON')
    .action((pictures: string, options: MapCommandOptions) =>
      onDevice(options, () => run(pictures, options)),
    );

async function run(
  pictures: string,
  { weights, output, method, seed, quiet, json }: MapCommandOptions,
): Promise<void> {
  const page = extname(output).toLowerCase() === '.html';
  if (!page) checkChartPath(output);
  await checkOutputs([pictures, weights], [output]);
  const set = await openImages(pictures);
  checkMapSize(set.length, method);
  const encoder = await loadEncoder(weights);
  const progress = new PictureProgress(quiet);
  try {
    const { broken, ...embedded } = await encoder.embedSet(set, { onProgress: progress.update });
    for (const line of leftOut(set.skipped, broken)) progress.say(line);
    const { vectors, names, labels } = namedVectors(set, embedded);
    const points = await mapVectors(vectors, { method, seed });
    if (page) {
      const sprite = await spriteOf(set, embedded.indices);
      const html = mapPage({ points, names, labels, sprite, title: pictures });
      await writeFile(output, [Buffer.from(html)]);
    } else await writeChart(output, mapChart(points, labels, { title: pictures }));
    progress.close();
    printResult(json, { output, count: names.length, method }, () => `${output}: ${names.length} pictures`);
  } finally {
    progress.close();
    await encoder.release();
    await set.close();
  }
}

/** All pictures, small, in one. */
async function spriteOf(set: ImageSet, indices: Int32Array): Promise<Sprite> {
  const columns = Math.ceil(Math.sqrt(indices.length));
  const images: Image[] = [];
  for (const i of indices) images.push(sheet([await set.load(i)], { cell: THUMBNAIL, gap: 0, columns: 1 }));
  const all = sheet(images, { cell: THUMBNAIL, gap: 0, columns });
  const jpeg = await encodeJpeg(all);
  const uri = `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`;
  return { uri, width: THUMBNAIL, height: THUMBNAIL, columns };
}
