/**
 * @module `sextant avatar evaluate`
 */
import {
  type DeviceOptions,
  formatTable,
  nonNegativeInteger,
  onDevice,
  positiveInteger,
  printResult,
  withDevice,
} from '@sextant/system';
import { Loader } from '@sextant/train';
import { Command } from 'commander';
import { HeadFootage } from '../data/heads.js';
import { others } from '../data/pairs.js';
import { TreeFootage } from '../data/tree.js';
import type { Footage } from '../data/view.js';
import { type Measures, SelfDriving } from '../evaluation/self-driving.js';
import { loadAvatarModel } from '../load.js';
import { weightsOption } from './options.js';

interface EvaluateCommandOptions extends DeviceOptions {
  readonly people: number;
  readonly frames: number;
  readonly seed: number;
  readonly weights?: string;
  readonly json?: boolean;
}

/** People of a batch. */
const BATCH = 8;

export const evaluateCommand = (): Command =>
  withDevice(new Command('evaluate'))
    .summary('measure self-driving: people in poses of which true pictures are known')
    .description(
      'The first frame of each video is the source. Beside the measures of the avatars stand those of the source shown unchanged: ssim ' +
        '(structural similarity, on black by the masks), l1 (mean difference where the person is, of levels from -1 to 1), iou (of the masks).',
    )
    .argument(
      '[data]',
      'folder of videos, whose test people are taken (default: procedural heads that nothing is trained on)',
    )
    .option('--people <n>', 'videos, the first ones', positiveInteger, 50)
    .option('--frames <n>', 'other frames of each', positiveInteger, 4)
    .option('--seed <n>', 'of the frames of procedural heads', nonNegativeInteger, 0)
    .addOption(weightsOption())
    .option('--json', 'print the measures as JSON')
    .action((data: string | undefined, options: EvaluateCommandOptions) =>
      onDevice(options, () => run(data, options)),
    );

async function run(
  data: string | undefined,
  { people, frames, seed, weights, json }: EvaluateCommandOptions,
): Promise<void> {
  const model = await loadAvatarModel(weights);
  const size = model.imageSize;
  const footage: Footage =
    data === undefined
      ? new HeadFootage({ split: 'test', people, frames: 1 + frames, seed }, size)
      : await TreeFootage.open(data, 'test', size);
  const { get } = others(footage, frames);
  const length = Math.min(people, footage.length);
  const loader = new Loader({
    dataset: { length, get },
    batchSize: Math.min(BATCH, length),
    shuffle: false,
    dropLast: false,
  });
  const selfDriving = new SelfDriving(model.networks);
  try {
    const { made, still } = await selfDriving.of(loader.pass());
    printResult(json, { people: length, frames, avatar: made, source: still }, () =>
      formatTable([row('avatar', made), row('source unchanged', still)]),
    );
  } finally {
    await selfDriving.release();
    await model.release();
  }
}

const row = (shown: string, { ssim, l1, iou }: Measures) => ({
  shown,
  ssim: ssim.toFixed(3),
  l1: l1.toFixed(4),
  iou: iou.toFixed(3),
});
