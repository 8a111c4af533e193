/**
 * @module `sextant avatar demo`
 */
import { join } from 'node:path';
import { type Head, type HeadParameters, headVideo, personOf, renderHead, SPLITS } from '@sextant/heads';
import { type Image, sheet, writeAnimation, writePng } from '@sextant/image';
import { makeFolder } from '@sextant/io';
import { type DeviceOptions, nonNegativeInteger, onDevice, printResult, withDevice } from '@sextant/system';
import { Command } from 'commander';
import { framed, HeadFootage } from '../data/heads.js';
import { grey } from '../data/view.js';
import type { Avatar, AvatarModel } from '../infer.js';
import { loadAvatarModel } from '../load.js';
import { weightsOption } from './options.js';

interface DemoCommandOptions extends DeviceOptions {
  readonly output: string;
  readonly seed: number;
  readonly weights?: string;
  readonly json?: boolean;
}

/** People of the sheet, and poses that each is shown in. */
const [PEOPLE, POSES] = [4, 2];
/** Frames of the animation, and how many of the motion's each is apart. */
const [FRAMES, PACE] = [40, 2];

const COLUMNS = ['source', 'driver', 'result', 'truth'];

export const demoCommand = (): Command =>
  withDevice(new Command('demo'))
    .summary('see what avatars do: heads of nobody driven by the motion of others')
    .description(
      'Writes driven.png: people who were not trained on, in the poses of others, beside what it should be; and driven.gif: one of them moving.',
    )
    .option('-o, --output <folder>', 'folder to write to', 'avatar-demo')
    .option('--seed <n>', 'of people and motion', nonNegativeInteger, 0)
    .addOption(weightsOption())
    .option('--json', 'print the paths as JSON')
    .action((options: DemoCommandOptions) => onDevice(options, () => run(options)));

async function run({ output, seed, weights, json }: DemoCommandOptions): Promise<void> {
  const model = await loadAvatarModel(weights);
  try {
    await makeFolder(output);
    const paths = { sheet: join(output, 'driven.png'), animation: join(output, 'driven.gif') };
    const size = model.imageSize;
    const footage = new HeadFootage({ split: 'test', people: PEOPLE, frames: 1 + POSES, seed }, size);
    const rows: Image[] = [];
    for (let i = 0; i < PEOPLE; i++) {
      const drivers = Array.from({ length: POSES }, (_, k) => footage.parameters((i + 1) % PEOPLE, 1 + k));
      rows.push(...(await driven(model, footage.parameters(i, 0), drivers)).flat());
    }
    const layout = { columns: COLUMNS.length, columnLabels: COLUMNS, cell: Math.max(size, 96) };
    await writePng(paths.sheet, sheet(rows, layout));
    const driver = personOf(SPLITS.test.first + PEOPLE + (seed % PEOPLE));
    const motion = headVideo(driver, seed, FRAMES * PACE).filter((_, k) => k % PACE === 0);
    const frames = await driven(model, footage.parameters(0, 0), motion.map(framed));
    await writeAnimation(
      paths.animation,
      frames.map((frame) => sheet(frame, layout)),
      { fps: 12 },
    );
    printResult(json, paths, () => Object.values(paths).join('\n'));
  } finally {
    await model.release();
  }
}

/** For each driver: source, driver, the source's person in the driver's pose, and what it truly looks like. */
async function driven(
  model: AvatarModel,
  source: HeadParameters,
  drivers: readonly HeadParameters[],
): Promise<Image[][]> {
  const render = (parameters: HeadParameters): Head => renderHead(parameters, { size: model.imageSize });
  const { image, landmarks, mask } = render(source);
  const avatar: Avatar = await model.init(image, landmarks, grey(mask, image.width));
  try {
    const rows: Image[][] = [];
    for (const parameters of drivers) {
      const driver = render(parameters);
      const result = await avatar.drive(driver.landmarks);
      const { light, background } = source;
      const truth = render(framed({ ...parameters, ...personOf(source.person), light, background }));
      rows.push([image, driver.image, result.image, onWhite(truth)]);
    }
    return rows;
  } finally {
    await avatar.release();
  }
}

const onWhite = ({ image, mask }: Head): Image => ({
  ...image,
  data: image.data.map((v, i) => {
    const share = mask[Math.floor(i / 3)]!;
    return Math.round(v * share + 255 * (1 - share));
  }),
});
