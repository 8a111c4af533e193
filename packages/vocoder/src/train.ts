/**
 * @module Training a MelGAN (section 4) in a run folder.
 */
import { add, mul, NDArray, program, slice, type Tensor } from '@sextant/engine';
import { Adam, cosineDecay, l1Loss, type Module, manualSeed } from '@sextant/nn';
import { Loader, type Metrics, type ProgressUpdate, type Run, type TrainResult, train } from '@sextant/train';
import type { TrainConfig } from './config.js';
import { splitClips, TrainingSegments, ValidationSegments } from './data.js';
import { loadVocoder } from './load.js';
import { MelSpectrogram } from './mel.js';
import { Discriminator, Generator } from './model.js';
import { refine } from './refine.js';
import { multiResolutionStftDistance } from './spectral.js';
import { type Training, trainingStep } from './step.js';

/** Seconds of each validation clip. */
const VALIDATION_SECONDS = 4;

export interface TrainVocoderOptions {
  readonly run: Run<TrainConfig>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (update: ProgressUpdate) => void;
  readonly onMessage?: (line: string) => void;
  readonly resumeCommand?: string;
}

/**
 * Trains from the run's last checkpoint, or from the beginning, until `config.steps` are done.
 *
 * @throws InputError when the clips are too few, one cannot be read, or as `train` does.
 */
export async function trainVocoder({ run, ...options }: TrainVocoderOptions): Promise<TrainResult> {
  const { config } = run;
  const { data, validationFiles, batchSize, segmentLength, mel, seed } = config;
  const clips = await splitClips(data, validationFiles);
  const size = Math.min(batchSize, clips.training.length);
  if (size < batchSize) {
    const line = `batchSize ${batchSize} is more than the ${size} clips to train on: a step takes ${size} segments`;
    options.onMessage?.(line);
  }
  const dataset = new TrainingSegments(clips.training, {
    sampleRate: mel.sampleRate,
    length: segmentLength,
  });
  const loader = new Loader({ dataset, batchSize: size, seed });

  manualSeed(seed);
  const training = newTraining(config);
  const { generator, discriminator, optimizerG, optimizerD } = training;
  if (config.init !== undefined && (await run.checkpoints.steps()).length === 0) {
    const { weights } = await loadVocoder(config.init);
    generator.loadStateDict(weights.generator.stateDict());
  }
  const [spectralStep, adversarialStep] = stepPrograms(training, config);

  return train({
    run,
    steps: config.steps,
    state: { generator, discriminator, optimizerG, optimizerD },
    loader,
    step: async (n) => {
      const audio = await loader.next();
      return n <= config.spectralSteps ? spectralStep(audio) : adversarialStep(audio);
    },
    validate: validation(run, training, clips.validation),
    // The authors' criterion says little of refined audio, whose mel is nearly right whatever the generator does.
    best: { metric: config.refinements > 0 ? 'stftDistance' : 'logMelL1' },
    logEvery: config.logEvery,
    checkpointEvery: config.checkpointEvery,
    validateEvery: config.validateEvery,
    itemsPerStep: size,
    ...options,
  });
}

/** Networks with random weights, and their optimisers. */
function newTraining(config: TrainConfig): Training {
  const generator = new Generator(config.generator);
  const discriminator = new Discriminator(config.discriminator);
  const adam = (module: Module) => {
    const { learningRate, betas, decaySteps } = config.optimizer;
    const rate =
      decaySteps === null ? learningRate : cosineDecay(learningRate, decaySteps, learningRate / 50);
    return new Adam(module.parameters(), { learningRate: rate, betas });
  };
  return {
    generator,
    discriminator,
    optimizerG: adam(generator),
    optimizerD: adam(discriminator),
    front: new MelSpectrogram(config.mel),
    lambdaFeat: config.lambdaFeat,
  };
}

/** The programs of a step without discriminators and of one with them, from audio [B, 1, segmentLength]. */
function stepPrograms(training: Training, { spectral }: TrainConfig) {
  const { generator, optimizerG, front } = training;
  const difference = (fake: Tensor, real: Tensor): Tensor =>
    add(
      mul(multiResolutionStftDistance(fake, real), spectral.stft),
      mul(logMelL1(front, fake, real), spectral.mel),
    );
  const spectralLoss = (fake: Tensor, real: Tensor): Tensor => {
    if (spectral.refined === 0) return difference(fake, real);
    const refined = refine(fake, framesOf(front, real), front, 1);
    return add(
      mul(difference(fake, real), 1 - spectral.refined),
      mul(difference(refined, real), spectral.refined),
    );
  };
  const spectralStep = program(
    (audio: Tensor) => {
      const fake = generator.forward(framesOf(front, audio));
      const lossSpectral = spectralLoss(fake, audio);
      optimizerG.minimize(lossSpectral);
      return { lossSpectral, logMelL1: logMelL1(front, fake, audio) };
    },
    { name: 'spectralStep' },
  );
  const weighted = spectral.stft > 0 || spectral.mel > 0;
  const adversarial = weighted ? { ...training, auxiliary: spectralLoss } : training;
  const adversarialStep = program(
    (audio: Tensor) => {
      const { sError, ...losses } = trainingStep(adversarial, framesOf(front, audio), audio);
      return { ...losses, logMelL1: sError };
    },
    { name: 'adversarialStep' },
  );
  return [spectralStep, adversarialStep] as const;
}

/** Measures the generator on the beginnings of clips, and gives TensorBoard the audio of the first. */
function validation(
  run: Run<TrainConfig>,
  { generator, front }: Training,
  files: readonly string[],
): (step: number) => Promise<Metrics> {
  const { mel, refinements } = run.config;
  const length = VALIDATION_SECONDS * mel.sampleRate;
  const dataset = new ValidationSegments(files, {
    sampleRate: mel.sampleRate,
    length: length - (length % mel.hopLength),
  });
  const loader = new Loader({ dataset, batchSize: files.length, shuffle: false });
  const measure = program(
    (audio: Tensor) => {
      const frames = framesOf(front, audio);
      const fake = refine(
        generator.eval((g) => g.forward(frames)),
        frames,
        front,
        refinements,
      );
      return {
        metrics: {
          logMelL1: logMelL1(front, fake, audio),
          stftDistance: multiResolutionStftDistance(fake, audio),
        },
        fake,
      };
    },
    { name: 'measure' },
  );
  return async (step) => {
    const { value } = await loader.pass().next();
    const { metrics, fake } = await measure(value!);
    const [, , samples] = fake.shape as [number, number, number];
    const first = new NDArray((fake.data as Float32Array).slice(0, samples), [samples, 1], 'float32');
    run.tensorboard.audio(step, 'validation/audio', { samples: first, sampleRate: mel.sampleRate });
    return metrics;
  };
}

/** The spectrogram of audio [B, 1, L · hop] in L frames. Centred frames are one more, for which there is no audio. */
function framesOf(front: MelSpectrogram, audio: Tensor): Tensor {
  const frames = (audio.shape[2] as number) / front.options.hopLength;
  return slice(front.forward(audio), 2, 0, frames);
}

/** Mean absolute difference of two sounds' log-mel spectrograms, in the front-end's logarithm. */
const logMelL1 = (front: MelSpectrogram, fake: Tensor, real: Tensor): Tensor =>
  l1Loss(front.forward(fake), front.forward(real));
