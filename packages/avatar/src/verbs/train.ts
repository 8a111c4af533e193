/**
 * @module `sextant avatar train`
 */
import { resolve } from 'node:path';
import { InputError } from '@sextant/io';
import {
  absolute,
  given,
  positiveInteger,
  resumeRun,
  runTraining,
  type TrainVerbOptions,
  withTraining,
} from '@sextant/system';
import { Run } from '@sextant/train';
import { Command, Option } from 'commander';
import { readComparers } from '../comparers.js';
import { TreeFootage } from '../data/tree.js';
import { readAvatarWeights } from '../load.js';
import { PRESETS, type PresetName } from '../presets.js';
import { trainAvatar } from '../train.js';
import { type TrainConfig, TrainSchema } from '../train-config.js';

interface TrainCommandOptions extends TrainVerbOptions {
  readonly preset: PresetName;
  readonly base?: string;
  readonly steps?: number;
  readonly batchSize?: number;
  readonly checkpointEvery?: number;
  readonly vgg19?: string;
  readonly vggFace?: string;
}

/** Videos that are measured, where the data have so many of people who are not trained on. */
const VALIDATED = 32;

export const trainCommand = (): Command =>
  withTraining(
    new Command('train')
      .summary('train on videos of people, or with --base the texture enhancer')
      .description(
        'DATA holds imgs, keypoints and segs of train and, to measure people who are not trained on, of test (what heads writes; the ' +
          "authors' tree). Two stages: first everything but the texture enhancer; then with --base the enhancer, while all else stays. " +
          'Ctrl-C saves.',
      )
      .argument('[data]', 'folder of videos; not needed with --resume'),
    {
      resume: 'continue the run; DATA, --steps and --checkpoint-every change its config.json',
      addOptions: (command) =>
        command
          .addOption(
            new Option('--preset <name>', 'configuration to begin with')
              .choices(Object.keys(PRESETS))
              .default('small')
              .conflicts('resume'),
          )
          .addOption(
            new Option(
              '--base <path>',
              'run folder or .safetensors of the first stage: train the enhancer on it',
            ).conflicts('resume'),
          )
          .option('--steps <n>', 'updates', positiveInteger)
          .addOption(
            new Option('--batch-size <n>', 'people of a step').argParser(positiveInteger).conflicts('resume'),
          )
          .option(
            '--checkpoint-every <n>',
            'steps between checkpoints, each measured and with a sheet of samples',
            positiveInteger,
          )
          .addOption(
            new Option('--vgg19 <file>', "torchvision's VGG-19 (.pt), to compare pictures by").conflicts(
              'resume',
            ),
          )
          .addOption(
            new Option('--vgg-face <file>', "VGG-16 trained on faces, of torchvision's names").conflicts(
              'resume',
            ),
          ),
    },
  ).action((data: string | undefined, options: TrainCommandOptions) =>
    runTraining(options, {
      name: 'avatar train',
      unit: 'people',
      begin: async (say) => {
        const { output, steps, checkpointEvery, resume } = options;
        const changes = { data: absolute(data), steps, checkpointEvery };
        const run = await (resume ? resumeRun(output, TrainSchema, changes, say) : begun(data, options));
        return { run, say };
      },
      async train({ run, say }, callbacks) {
        const { data: root, networks, validated } = run.config;
        const footage = await TreeFootage.open(root, 'train', networks.imageSize);
        const comparers = await readComparers(run.config);
        if (!comparers.vgg19 && !comparers.vggFace)
          say(
            'No --vgg19 or --vgg-face: differences of pictures at three sizes stand for the perceptual loss',
          );
        if (validated === 0) say(`${root} has no test people: nothing is measured`);
        const unseen = validated > 0 && (await TreeFootage.open(root, 'test', networks.imageSize));
        return (await trainAvatar({ run, footage, comparers, ...(unseen && { unseen }), ...callbacks }))
          .result;
      },
    }),
  );

/** Begins a run. Its folder is made when the data have been found good. */
async function begun(
  data: string | undefined,
  { output, preset, base, steps, batchSize, checkpointEvery, seed, ...compared }: TrainCommandOptions,
): Promise<Run<TrainConfig>> {
  if (data === undefined) {
    throw new InputError('DATA is missing: give the folder of videos, or --resume to continue a run');
  }
  const first = base === undefined ? undefined : await readAvatarWeights(base);
  const stage = first ? 'enhancer' : 'base';
  const start = PRESETS[preset][stage];
  const networks = first ? first.config.networks : start.networks;
  const footage = await TreeFootage.open(data, 'train', networks.imageSize);
  const people = batchSize ?? start.batchSize;
  if (footage.length < people) {
    throw new InputError(
      `${data} has ${footage.length} videos, which do not fill one batch of ${people}: give more, or a smaller --batch-size`,
    );
  }
  const test = (await TreeFootage.has(data, 'test'))
    ? await TreeFootage.open(data, 'test', networks.imageSize)
    : undefined;
  await readComparers(compared);
  return Run.create(output, TrainSchema, {
    ...start,
    networks,
    batchSize: people,
    data: resolve(data),
    validated: Math.min(test?.length ?? 0, VALIDATED),
    ...given<Pick<TrainConfig, 'base' | 'vgg19' | 'vggFace' | 'steps' | 'checkpointEvery' | 'seed'>>({
      base: absolute(base),
      vgg19: absolute(compared.vgg19),
      vggFace: absolute(compared.vggFace),
      steps,
      checkpointEvery,
      seed,
    }),
  });
}
