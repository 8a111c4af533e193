/**
 * @module `sextant caption train-captioner`
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
import { readVideos } from '../annotations.js';
import {
  CAPTIONER_PRESETS,
  type CaptionerPreset,
  type CaptionerTrainConfig,
  CaptionerTrainSchema,
} from '../captioning/config.js';
import { trainCaptioner } from '../captioning/train.js';
import { readVectors } from '../text/vectors.js';
import { Vocabulary } from '../text/vocabulary.js';
import { FeatureFolder } from '../video-features.js';

interface TrainCaptionerCommandOptions extends TrainVerbOptions {
  readonly features?: string;
  readonly validation: readonly string[];
  readonly vectors?: string;
  readonly preset: CaptionerPreset;
  readonly epochs?: number;
  readonly batchSize?: number;
}

export const trainCaptionerCommand = (): Command =>
  withTraining(
    new Command('train-captioner')
      .summary('train a captioner on annotated segments')
      .description(
        'ANNOTATIONS is {video: {"duration", "timestamps", "sentences"}}, such as train.json of ActivityNet Captions; a video counts when ' +
          'its features are there. The checkpoint with the best METEOR on the validation files is kept. Ctrl-C saves.',
      )
      .argument('[annotations]', 'what to learn (.json); not needed with --resume'),
    {
      resume: 'continue the run; ANNOTATIONS, --features and --epochs change its config.json',
      addOptions: (command) =>
        command
          .option('--features <folder>', 'required: <video>_rgb.npy, <video>_flow.npy, <video>_vggish.npy')
          .addOption(
            new Option('--validation <files...>', 'annotations to measure on, such as val_1.json val_2.json')
              .default([], 'none')
              .conflicts('resume'),
          )
          .addOption(
            new Option(
              '--vectors <file>',
              "word vectors to begin with and keep, in GloVe's text format",
            ).conflicts('resume'),
          )
          .addOption(
            new Option('--preset <name>', 'configuration to begin with')
              .choices(Object.keys(CAPTIONER_PRESETS))
              .default('paper')
              .conflicts('resume'),
          )
          .option('--epochs <n>', 'passes over the captions', positiveInteger)
          .addOption(
            new Option('--batch-size <n>', 'captions of a step')
              .argParser(positiveInteger)
              .conflicts('resume'),
          ),
    },
  ).action((annotations: string | undefined, options: TrainCaptionerCommandOptions) =>
    runTraining(options, {
      name: 'caption train-captioner',
      unit: 'captions',
      async begin(say) {
        const { output, epochs, resume } = options;
        const changes = { data: absolute(annotations), features: absolute(options.features), epochs };
        const run = await (resume
          ? resumeRun(output, CaptionerTrainSchema, changes, say)
          : begun(annotations, options));
        return { run };
      },
      async train({ run }, callbacks) {
        const { data, features, validation, vectors, words } = run.config;
        const { result } = await trainCaptioner({
          run,
          videos: await readVideos(data),
          features: await FeatureFolder.open(features),
          validation: await Promise.all(validation.map(readVideos)),
          ...(vectors !== null && { vectors: await readVectors(vectors, words) }),
          ...callbacks,
        });
        return result;
      },
    }),
  );

/** Begins a run. Its folder is made when the data have been found good. */
async function begun(
  annotations: string | undefined,
  { output, features, validation, vectors, preset, ...options }: TrainCaptionerCommandOptions,
): Promise<Run<CaptionerTrainConfig>> {
  if (annotations === undefined || features === undefined) {
    throw new InputError(
      'give ANNOTATIONS and --features, the folder of the videos’ features, or --resume to continue a run',
    );
  }
  const videos = await readVideos(annotations);
  const folder = await FeatureFolder.open(features);
  const present = folder.videos.flatMap((video) => videos.get(video)?.captions ?? []);
  if (present.length === 0)
    throw new InputError(`${features}: it has features of none of the annotated videos`);
  for (const path of validation) await readVideos(path);
  const { words } = Vocabulary.of(present.map(({ sentence }) => sentence));
  const { rgb, audio } = await folder.read(folder.videos.find((video) => videos.has(video))!);
  const [dVid, dAud] = [rgb.shape[1]!, audio.shape[1]!];
  const { captioner, ...rest } = CAPTIONER_PRESETS[preset];
  const { dModelVideo, dModelAudio, linearEmbedder, dModelCaps } = captioner;
  if (!linearEmbedder && (dVid !== dModelVideo || dAud !== dModelAudio)) {
    throw new InputError(
      `${features}: features of ${dVid} and ${dAud} numbers; the preset ${preset} takes ${dModelVideo} and ${dModelAudio}`,
    );
  }
  const dWord = vectors === undefined ? undefined : (await readVectors(vectors, words)).shape[1]!;
  const { epochs, batchSize, seed } = options;
  return Run.create(output, CaptionerTrainSchema, {
    ...rest,
    captioner: {
      ...captioner,
      dVid,
      dAud,
      ...(dWord !== undefined && dWord !== dModelCaps && { dWord }),
    },
    words: [...words],
    data: resolve(annotations),
    features: resolve(features),
    validation: validation.map((path) => resolve(path)),
    vectors: vectors === undefined ? null : resolve(vectors),
    seed: seed ?? 0,
    ...given<Pick<CaptionerTrainConfig, 'epochs' | 'batchSize'>>({ epochs, batchSize }),
  });
}
