/**
 * @module Training of a captioner on annotated segments, in a run folder (section 4).
 */
import { div, type NDArray, program, slice, type Tensor } from '@sextant/engine';
import { Adam, manualSeed, randomState } from '@sextant/nn';
import { Loader, type Metrics, type ProgressUpdate, type Run, type TrainResult, train } from '@sextant/train';
import { type AnnotatedVideo, captionsOf } from '../annotations.js';
import { BiModalCaptioner } from '../captioner.js';
import type { Caption, Captions, DenseScores } from '../evaluation/dense.js';
import { evaluateDense } from '../evaluation/dense.js';
import { smoothedDivergence } from '../losses.js';
import { Vocabulary } from '../text/vocabulary.js';
import { cropped, type FeatureFolder } from '../video-features.js';
import type { CaptionerModelConfig, CaptionerTrainConfig } from './config.js';
import { type Batch, batchOf, examples } from './data.js';
import { Writer } from './writer.js';

/** Videos that a training is measured on: annotators' sets, which may tell of the same videos. */
export type ValidationSets = readonly ReadonlyMap<string, AnnotatedVideo>[];

export interface TrainCaptionerOptions {
  readonly run: Run<CaptionerTrainConfig>;
  readonly videos: ReadonlyMap<string, AnnotatedVideo>;
  readonly features: FeatureFolder;
  readonly validation: ValidationSets;
  /** Vectors [V, d] of the words to begin with, which are kept as they are (section 2). */
  readonly vectors?: NDArray;
  readonly signal?: AbortSignal;
  readonly onProgress?: (update: ProgressUpdate) => void;
  readonly onMessage?: (line: string) => void;
  readonly resumeCommand?: string;
}

/** The network of a configuration, with random weights. */
export const newCaptioner = ({ captioner, words }: CaptionerModelConfig): BiModalCaptioner =>
  new BiModalCaptioner({ ...captioner, vocabulary: words.length });

/**
 * Trains from the run's last checkpoint, or from the beginning, until `config.epochs` are done. Keeps the best checkpoint by METEOR of
 * the validation sets' segments.
 *
 * @returns the captioner as the last step left it, and how the training ended.
 * @throws InputError as `train` does, and when the features are not as wide as the configuration says.
 */
export async function trainCaptioner({
  run,
  videos,
  features,
  validation,
  vectors,
  ...options
}: TrainCaptionerOptions): Promise<{ captioner: BiModalCaptioner; result: TrainResult }> {
  const { config } = run;
  const { batchSize, epochs, learningRate, seed, smoothing, validateEpochs } = config;
  const { dVid, dAud } = config.captioner;
  const vocabulary = new Vocabulary(config.words);
  manualSeed(seed);
  const captioner = newCaptioner(config);
  const table = captioner.emb_C.vectors;
  if (vectors) table.value = vectors;
  const learnt = captioner.parameters().filter((parameter) => !vectors || parameter !== table);
  const optimizer = new Adam(learnt, { learningRate });
  const step = program(
    ({ ids, ...seen }: Batch<Tensor>) => {
      const logProbs = captioner.forward(seen, slice(ids, 1, 0, -1));
      const { sum, words } = smoothedDivergence(logProbs, slice(ids, 1, 1), smoothing);
      const loss = div(sum, words);
      optimizer.minimize(loss);
      return loss;
    },
    {
      name: 'trainingStep',
      inputs: [
        {
          rgb: { shape: [batchSize, 'V', dVid] },
          flow: { shape: [batchSize, 'V', dVid] },
          audio: { shape: [batchSize, 'A', dAud] },
          ids: { shape: [batchSize, 'S'], dtype: 'int32' },
        },
      ],
    },
  );
  const loader = new Loader({
    dataset: examples(videos, features, vocabulary),
    batchSize,
    seed,
    collate: batchOf,
  });
  const writer = new Writer(captioner, vocabulary, { maxLength: config.maxLength, freeze: false });
  const measured = validation.length > 0;
  try {
    const result = await train({
      run,
      steps: epochs * loader.batchesPerEpoch,
      state: { captioner, optimizer, random: randomState },
      loader,
      step: async () => ({ loss: await step((await loader.next()) as never) }),
      ...(measured && {
        validate: () => scoresOf(writer, features, validation),
        best: { metric: 'meteor', goal: 'max' as const },
      }),
      logEvery: config.logEvery,
      checkpointEvery: config.checkpointEvery,
      validateEvery: validateEpochs * loader.batchesPerEpoch,
      itemsPerStep: batchSize,
      ...options,
    });
    return { captioner, result };
  } finally {
    await step.release();
    await writer.release();
  }
}

/** Scores of what is written of each set's own segments, mean over the sets, in percent. */
export async function scoresOf(
  writer: Writer,
  features: FeatureFolder,
  sets: ValidationSets,
): Promise<Metrics> {
  const all: DenseScores[] = [];
  for (const set of sets) {
    const here = new Map([...set].filter(([video]) => features.videos.includes(video)));
    const written = await described(writer, features, here);
    all.push(evaluateDense(written, [captionsOf(here)], { tIoUs: [0.5] }).average);
  }
  const mean = (of: (scores: DenseScores) => number) =>
    (100 * all.reduce((sum, scores) => sum + of(scores), 0)) / all.length;
  return {
    meteor: mean((s) => s.METEOR_exact_stem_synonym),
    bleu4: mean((s) => s.Bleu_4),
    cider: mean((s) => s.CIDEr),
  };
}

/** Sentences for the segments of annotated videos. */
export async function described(
  writer: Writer,
  features: FeatureFolder,
  videos: ReadonlyMap<string, AnnotatedVideo>,
  onProgress: (done: number) => void = () => {},
): Promise<Captions> {
  const captions = new Map<string, readonly Caption[]>();
  for (const [video, { duration, captions: known }] of videos) {
    const whole = await features.read(video);
    const sentences = await writer.describe(known.map((caption) => cropped(whole, caption, duration)));
    captions.set(
      video,
      known.map(({ start, end }, i) => ({ start, end, sentence: sentences[i]! })),
    );
    onProgress(captions.size);
  }
  return captions;
}
