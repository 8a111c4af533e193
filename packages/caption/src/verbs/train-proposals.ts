/**
 * @module `sextant caption train-proposals`
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
import { clusterLengths } from '../anchors.js';
import { type AnnotatedVideo, readVideos } from '../annotations.js';
import { CAPTIONER_PRESETS } from '../captioning/config.js';
import { readCaptioner } from '../captioning/weights.js';
import {
  PROPOSAL_PRESETS,
  type ProposalPreset,
  type ProposalTrainConfig,
  ProposalTrainSchema,
} from '../proposing/config.js';
import { trainProposals } from '../proposing/train.js';
import { FeatureFolder } from '../video-features.js';

interface TrainProposalsCommandOptions extends TrainVerbOptions {
  readonly features?: string;
  readonly captioner?: string;
  readonly validation: readonly string[];
  readonly preset: ProposalPreset;
  readonly epochs?: number;
  readonly batchSize?: number;
}

export const trainProposalsCommand = (): Command =>
  withTraining(
    new Command('train-proposals')
      .summary('train what finds the events of a video')
      .description(
        'ANNOTATIONS is {video: {"duration", "timestamps", "sentences"}}; a video counts when its features are there. With --captioner its ' +
          'encoder is used and kept, as in the paper. The checkpoint with the best F1 on the validation files is kept. Ctrl-C saves.',
      )
      .argument('[annotations]', 'what to learn (.json); not needed with --resume'),
    {
      resume: 'continue the run; ANNOTATIONS, --features and --epochs change its config.json',
      addOptions: (command) =>
        command
          .option('--features <folder>', 'required: <video>_rgb.npy, <video>_flow.npy, <video>_vggish.npy')
          .addOption(
            new Option(
              '--captioner <weights>',
              'a captioner whose encoder is used: .safetensors, or a run folder',
            ).conflicts('resume'),
          )
          .addOption(
            new Option('--validation <files...>', 'annotations to measure on, such as val_1.json val_2.json')
              .default([], 'none')
              .conflicts('resume'),
          )
          .addOption(
            new Option('--preset <name>', 'configuration to begin with')
              .choices(Object.keys(PROPOSAL_PRESETS))
              .default('paper')
              .conflicts('resume'),
          )
          .option('--epochs <n>', 'passes over the videos', positiveInteger)
          .addOption(
            new Option('--batch-size <n>', 'videos of a step').argParser(positiveInteger).conflicts('resume'),
          ),
    },
  ).action((annotations: string | undefined, options: TrainProposalsCommandOptions) =>
    runTraining(options, {
      name: 'caption train-proposals',
      unit: 'videos',
      async begin(say) {
        const { output, epochs, resume } = options;
        const changes = { data: absolute(annotations), features: absolute(options.features), epochs };
        const run = await (resume
          ? resumeRun(output, ProposalTrainSchema, changes, say)
          : begun(annotations, options));
        return { run };
      },
      async train({ run }, callbacks) {
        const { data, features, validation, captioner } = run.config;
        const { result } = await trainProposals({
          run,
          videos: await readVideos(data),
          features: await FeatureFolder.open(features),
          validation: await Promise.all(validation.map(readVideos)),
          ...(captioner !== null && { captioner: (await readCaptioner(captioner)).state }),
          ...callbacks,
        });
        return result;
      },
    }),
  );

/** Begins a run. Its folder is made when the data have been found good. */
async function begun(
  annotations: string | undefined,
  { output, features, captioner, validation, preset, ...options }: TrainProposalsCommandOptions,
): Promise<Run<ProposalTrainConfig>> {
  if (annotations === undefined || features === undefined) {
    throw new InputError(
      "give ANNOTATIONS and --features, the folder of the videos' features, or --resume to continue a run",
    );
  }
  const videos = await readVideos(annotations);
  const folder = await FeatureFolder.open(features);
  for (const path of validation) await readVideos(path);
  const { audio, video, ...rest } = PROPOSAL_PRESETS[preset];
  const lengths = lengthsOf(videos);
  const heads = (of: typeof audio | typeof video) => ({
    ...of,
    anchors: clusterLengths(lengths, of.anchors),
  });
  const { epochs, batchSize, seed } = options;
  return Run.create(output, ProposalTrainSchema, {
    ...rest,
    proposals: {
      ...(await encoderOf(folder, preset, captioner)),
      layerNorm: false,
      audio: heads(audio),
      video: heads(video),
    },
    data: resolve(annotations),
    features: resolve(features),
    validation: validation.map((path) => resolve(path)),
    captioner: captioner === undefined ? null : resolve(captioner),
    seed: seed ?? 0,
    ...given<Pick<ProposalTrainConfig, 'epochs' | 'batchSize'>>({ epochs, batchSize }),
  });
}

/** Lengths of all events in seconds. */
const lengthsOf = (videos: ReadonlyMap<string, AnnotatedVideo>): number[] =>
  [...videos.values()].flatMap(({ captions }) =>
    captions.map(({ start, end }) => end - start).filter((length) => length > 0),
  );

/** The encoder's widths: the captioner's, or the preset's for the width of the features. */
async function encoderOf(folder: FeatureFolder, preset: ProposalPreset, captioner: string | undefined) {
  if (captioner === undefined) {
    const { dModelCaps: _, dFfCaps: __, ...encoder } = CAPTIONER_PRESETS[preset].captioner;
    const { rgb, audio } = await folder.read(folder.videos[0]!);
    return { ...encoder, dVid: rgb.shape[1]!, dAud: audio.shape[1]! };
  }
  const {
    dModelCaps: _,
    dFfCaps: __,
    dWord: ___,
    ...encoder
  } = (await readCaptioner(captioner)).config.captioner;
  return encoder;
}
