/**
 * @module Training a MelGAN (section 4) in a run folder.
 */
import { abs, add, grad, mean, mul, NDArray, program, sub, type Tensor } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { Adam, cosineDecay, type Module, manualSeed } from '@sextant/nn';
import { Loader, type ProgressUpdate, type Run, type TrainResult, train } from '@sextant/train';
import type { TrainConfig } from './config.js';
import { audioFiles, TrainingSegments, ValidationSegments } from './data.js';
import { MelSpectrogram } from './mel.js';
import { Discriminator, Generator } from './model.js';
import { refine } from './refine.js';
import { multiResolutionStftDistance } from './spectral.js';
import { trainingStep } from './step.js';

/** Seconds of each validation clip. */
const VALIDATION_SECONDS = 4;

export interface TrainVocoderOptions {
  readonly run: Run<TrainConfig>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (update: ProgressUpdate) => void;
  readonly onMessage?: (line: string) => void;
  readonly resumeCommand?: string;
}

/** Trains from the run's last checkpoint, or from the beginning, until `config.steps` are done. */
export async function trainVocoder({ run, ...options }: TrainVocoderOptions): Promise<TrainResult> {
  const { config } = run;
  const files = await audioFiles(config.data);
  const { validationFiles, batchSize, segmentLength, mel, seed } = config;
  if (files.length <= validationFiles) {
    throw new InputError(
      `${config.data} holds ${files.length} clips: too few to keep ${validationFiles} for validation`,
    );
  }
  // The authors' split: the first clips by name are for testing.
  const held = files.slice(0, validationFiles);
  const dataset = new TrainingSegments(files.slice(validationFiles), {
    sampleRate: mel.sampleRate,
    length: segmentLength,
  });
  const size = Math.min(batchSize, dataset.length);
  const loader = new Loader({ dataset, batchSize: size, seed });

  manualSeed(seed);
  const generator = new Generator(config.generator);
  const discriminator = new Discriminator(config.discriminator);
  const front = new MelSpectrogram(mel);
  const adam = (module: Module) => {
    const { learningRate, betas, decaySteps } = config.optimizer;
    const rate =
      decaySteps === null ? learningRate : cosineDecay(learningRate, decaySteps, learningRate / 50);
    return new Adam(module.parameters(), { learningRate: rate, betas });
  };
  const [optimizerG, optimizerD] = [adam(generator), adam(discriminator)];
  const { spectral, lambdaFeat } = config;

  const difference = (fake: Tensor, real: Tensor): Tensor =>
    add(
      mul(multiResolutionStftDistance(fake, real), spectral.stft),
      mul(mean(abs(sub(front.forward(fake), front.forward(real)))), spectral.mel),
    );
  const spectralLoss = (fake: Tensor, real: Tensor): Tensor => {
    if (spectral.refined === 0) return difference(fake, real);
    const refined = refine(fake, front.forward(real), front, 1);
    return add(
      mul(difference(fake, real), 1 - spectral.refined),
      mul(difference(refined, real), spectral.refined),
    );
  };
  const weighted = spectral.stft > 0 || spectral.mel > 0;
  const training = {
    generator,
    discriminator,
    optimizerG,
    optimizerD,
    front,
    lambdaFeat,
    ...(weighted ? { auxiliary: spectralLoss } : {}),
  };
  const adversarialStep = program((audio: Tensor) => trainingStep(training, front.forward(audio), audio), {
    name: 'adversarialStep',
  });
  const spectralStep = program(
    (audio: Tensor) => {
      const mel = front.forward(audio);
      const fake = generator.forward(mel);
      const loss = spectralLoss(fake, audio);
      optimizerG.update(grad(loss, generator.parameters()));
      return { lossSpectral: loss, sError: mean(abs(sub(mel, front.forward(fake)))) };
    },
    { name: 'spectralStep' },
  );

  const length = VALIDATION_SECONDS * mel.sampleRate;
  const validation = new Loader({
    dataset: new ValidationSegments(held, {
      sampleRate: mel.sampleRate,
      length: length - (length % mel.hopLength),
    }),
    batchSize: held.length,
    shuffle: false,
  });
  const measure = program(
    (audio: Tensor) => {
      const mel = front.forward(audio);
      const fake = refine(generator.eval().forward(mel), mel, front, config.refinements);
      return {
        metrics: {
          sError: mean(abs(sub(mel, front.forward(fake)))),
          stftDistance: multiResolutionStftDistance(fake, audio),
        },
        fake,
      };
    },
    { name: 'measure' },
  );
  const validate = async (step: number) => {
    const { value } = await validation.pass().next();
    const { metrics, fake } = await measure(value!);
    const [, , frames] = fake.shape as [number, number, number];
    const first = new NDArray((fake.data as Float32Array).slice(0, frames), [frames, 1], 'float32');
    run.tensorboard.audio(step, 'validation/audio', { samples: first, sampleRate: mel.sampleRate });
    return metrics;
  };

  return train({
    run,
    steps: config.steps,
    state: { generator, discriminator, optimizerG, optimizerD },
    loader,
    step: async (n) => {
      const audio = await loader.next();
      return n <= config.spectralSteps ? spectralStep(audio) : adversarialStep(audio);
    },
    validate,
    // The authors' criterion says little of refined audio, whose mel is nearly right whatever the generator does.
    best: { metric: config.refinements > 0 ? 'stftDistance' : 'sError' },
    logEvery: config.logEvery,
    checkpointEvery: config.checkpointEvery,
    validateEvery: config.validateEvery,
    itemsPerStep: size,
    ...options,
  });
}
