/**
 * @module Training of a proposal generator on annotated videos, in a run folder (section 4).
 */
import { type NDArray, program, type Tensor } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { Adam, manualSeed, randomState } from '@sextant/nn';
import {
  type Dataset,
  Loader,
  type Metrics,
  type ProgressUpdate,
  type Run,
  type TrainResult,
  train,
} from '@sextant/train';
import { type AnnotatedVideo, captionsOf } from '../annotations.js';
import type { Features } from '../captioner.js';
import type { ValidationSets } from '../captioning/train.js';
import { evaluateDetection, type Timed } from '../evaluation/detection.js';
import { type Modality, ProposalGenerator, proposalLoss } from '../proposals.js';
import { type Targets, targetsOf } from '../targets.js';
import type { FeatureFolder, VideoFeatures } from '../video-features.js';
import type { ProposalModelConfig, ProposalTrainConfig } from './config.js';
import { filledUp, Proposer } from './proposer.js';

export interface TrainProposalsOptions {
  readonly run: Run<ProposalTrainConfig>;
  readonly videos: ReadonlyMap<string, AnnotatedVideo>;
  readonly features: FeatureFolder;
  readonly validation: ValidationSets;
  /** Arrays of a captioner whose encoder is used and kept as it is; without them an encoder is learnt. */
  readonly captioner?: ReadonlyMap<string, NDArray>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (update: ProgressUpdate) => void;
  readonly onMessage?: (line: string) => void;
  readonly resumeCommand?: string;
}

/** The network of a configuration, with random weights. */
export const newGenerator = ({ proposals }: ProposalModelConfig): ProposalGenerator =>
  new ProposalGenerator(proposals);

/** What of a captioner is used: how it encodes. */
const ENCODER = /^(?:emb_A|emb_V|encoder)\./;

/** A whole video, and when something happens in it. */
interface Example {
  readonly features: VideoFeatures;
  readonly events: readonly Timed[];
}

interface Batch<T> extends Features<T> {
  readonly targets: Readonly<Record<Modality, Targets<T>>>;
}

/**
 * Trains from the run's last checkpoint, or from the beginning, until `config.epochs` are done. Keeps the best checkpoint by F1 of the
 * validation sets' segments.
 *
 * @returns the generator as the last step left it, and how the training ended.
 * @throws InputError as `train` does, and when the captioner's encoder is another one.
 */
export async function trainProposals({
  run,
  videos,
  features,
  validation,
  captioner,
  ...options
}: TrainProposalsOptions): Promise<{ generator: ProposalGenerator; result: TrainResult }> {
  const { config } = run;
  const { batchSize, epochs, learningRate, rows, seed, validateEpochs } = config;
  manualSeed(seed);
  const generator = newGenerator(config);
  if (captioner) takeEncoder(generator, captioner);
  const learnt = [...generator.namedParameters()].filter(([name]) => !captioner || !ENCODER.test(name));
  const optimizer = new Adam(
    learnt.map(([, parameter]) => parameter),
    { learningRate },
  );
  const step = program(
    ({ targets, ...seen }: Batch<Tensor>) => {
      const { loss, parts } = proposalLoss(generator.heads(seen), targets);
      optimizer.minimize(loss);
      return { loss, object: parts.video.object, noObject: parts.video.noObject };
    },
    { name: 'trainingStep' },
  );
  const loader = new Loader({
    dataset: examples(videos, features),
    batchSize,
    seed,
    collate: (all: Example[]) => batchOf(all, config),
  });
  const proposer = new Proposer(generator, rows, { freeze: false });
  try {
    const result = await train({
      run,
      steps: epochs * loader.batchesPerEpoch,
      state: { generator, optimizer, random: randomState },
      loader,
      step: async () => step((await loader.next()) as never),
      ...(validation.length > 0 && {
        validate: () => detectionOf(proposer, features, validation),
        best: { metric: 'f1', goal: 'max' as const },
      }),
      logEvery: config.logEvery,
      checkpointEvery: config.checkpointEvery,
      validateEvery: validateEpochs * loader.batchesPerEpoch,
      itemsPerStep: batchSize,
      ...options,
    });
    return { generator, result };
  } finally {
    await step.release();
    await proposer.release();
  }
}

/** Gives a generator the encoder of a captioner. @throws InputError when it is another one. */
function takeEncoder(generator: ProposalGenerator, captioner: ReadonlyMap<string, NDArray>): void {
  const own = generator.stateDict();
  for (const [name, { shape }] of own) {
    if (!ENCODER.test(name)) continue;
    const given = captioner.get(name);
    if (given?.shape.join() !== shape.join()) {
      throw new InputError(
        `the captioner's ${name} is ${given ? `[${given.shape.join(', ')}]` : 'missing'}; the generator's is [${shape.join(', ')}]`,
      );
    }
    own.set(name, given);
  }
  generator.loadStateDict(own);
}

/** Annotated videos whose features are there; segments without length are left out. @throws InputError when there are none. */
function examples(videos: ReadonlyMap<string, AnnotatedVideo>, folder: FeatureFolder): Dataset<Example> {
  const items = folder.videos.flatMap((video) => {
    const events = (videos.get(video)?.captions ?? []).filter(({ start, end }) => end > start);
    return events.length === 0 ? [] : [{ video, events }];
  });
  if (items.length === 0)
    throw new InputError(`${folder.path}: it has features of none of the annotated videos`);
  return {
    length: items.length,
    get: async (i) => ({ features: await folder.read(items[i]!.video), events: items[i]!.events }),
  };
}

function batchOf(all: readonly Example[], { proposals, rows }: ProposalModelConfig): Batch<NDArray> {
  const events = all.flatMap((example, video) =>
    example.events.map(({ start, end }) => ({ video, centre: (start + end) / 2, length: end - start })),
  );
  const of = (modality: Modality) => targetsOf(events, proposals[modality], [all.length, rows[modality]]);
  return {
    ...filledUp(
      all.map(({ features }) => features),
      rows,
    ),
    targets: { audio: of('audio'), video: of('video') },
  };
}

/** How well the segments of videos are found, in percent: the sets are references of one another's videos. */
export async function detectionOf(
  proposer: Proposer,
  features: FeatureFolder,
  sets: ValidationSets,
): Promise<Metrics> {
  const here = sets.map((set) => new Map([...set].filter(([video]) => features.videos.includes(video))));
  const found = new Map<string, readonly Timed[]>();
  for (const [video, { duration }] of here.flatMap((set) => [...set])) {
    if (found.has(video)) continue;
    found.set(video, await proposer.propose(await features.read(video), duration));
  }
  const { Precision, Recall, F1 } = evaluateDetection(found, here.map(captionsOf));
  return { precision: 100 * Precision, recall: 100 * Recall, f1: 100 * F1 };
}
