/**
 * @module Training of an encoder on a generator's own pictures, in a run folder.
 */
import {
  add,
  clamp,
  div,
  foldIn,
  mean,
  mul,
  NDArray,
  program,
  randomKey,
  square,
  sub,
  type Tensor,
} from '@sextant/engine';
import { InputError } from '@sextant/io';
import { Adam, cosineDecay, defaultStream, manualSeed, randomState } from '@sextant/nn';
import { type Metrics, type ProgressUpdate, type Run, type TrainResult, train } from '@sextant/train';
import type { Estimator } from '../estimator/model.js';
import { multiScaleDistance, pixelDistance, seenDistance } from '../likeness.js';
import type { Generator } from '../stylegan2/generator.js';
import type { Synthesizer } from '../stylegan2/synthesizer.js';
import { drawCodes } from './codes.js';
import { checkEncoder, type EncoderTrainConfig } from './config.js';
import { Encoder } from './model.js';

/** Sets the key of what is held out apart from those of steps, which are few beside it. */
const HELD_OUT_KEY = 2 ** 31;

export interface TrainEncoderOptions {
  readonly run: Run<EncoderTrainConfig>;
  readonly synthesizer: Synthesizer;
  readonly estimator: Estimator;
  readonly signal?: AbortSignal;
  readonly onProgress?: (update: ProgressUpdate) => void;
  readonly onMessage?: (line: string) => void;
  readonly resumeCommand?: string;
}

/**
 * Trains from the run's last checkpoint, or from the beginning, until `config.steps` are done. Every step draws new codes and makes
 * their pictures; validation tells of held-out ones how far the encoder's pictures are in pixels (`pixels`, mean squared), in what
 * the estimator sees (`seen`), and the codes in deviations of w (`latent`, mean squared).
 *
 * @returns the encoder as the last step left it, and how the training ended.
 * @throws InputError as `train` does, or when generator, estimator and encoder do not fit together.
 */
export async function trainEncoder({
  run,
  synthesizer,
  estimator,
  ...options
}: TrainEncoderOptions): Promise<{ readonly encoder: Encoder; readonly result: TrainResult }> {
  const { config } = run;
  const { batchSize, seed, steps, weights } = config;
  const { generator } = synthesizer;
  checkEncoder(config.encoder, generator.config);
  const { size } = generator.config;
  if (estimator.config.size !== size) {
    throw new InputError(
      `the estimator looks at pictures of ${estimator.config.size}, the generator makes ${size}`,
    );
  }
  manualSeed(seed);
  const encoder = new Encoder(config.encoder);
  encoder.latent_mean.value = await synthesizer.meanLatent();
  encoder.latent_std.value = await synthesizer.latentDeviation();
  const optimizer = new Adam(encoder.parameters(), { learningRate: cosineDecay(config.learningRate, steps) });
  const step = program(
    () => {
      const codes = drawCodes(generator, encoder.latent_mean, batchSize, defaultStream().next(), config);
      const pictures = picturesOf(generator, codes);
      const found = encoder.forward(pictures);
      const made = synthesized(generator, found);
      const seen = mean(estimator.eval((e) => seenDistance(e, made, pictures)));
      const latent = mean(latentDistance(encoder, found, codes));
      const apart = mean(multiScaleDistance(made, pictures));
      const loss = add(add(apart, mul(seen, weights.seen)), mul(latent, weights.latent));
      optimizer.minimize(loss);
      return { loss, pixels: mean(pixelDistance(made, pictures)), seen, latent };
    },
    { name: 'trainingStep' },
  );
  const validate = validation(encoder, generator, estimator, config);
  try {
    const result = await train({
      run,
      steps,
      state: { encoder, optimizer, random: randomState },
      step: () => step(),
      validate: validate.measure,
      best: { metric: 'pixels' },
      logEvery: config.logEvery,
      checkpointEvery: config.checkpointEvery,
      validateEvery: config.validateEvery,
      itemsPerStep: batchSize,
      ...options,
    });
    return { encoder, result };
  } finally {
    await step.release();
    await validate.release();
  }
}

const synthesized = (generator: Generator, codes: Tensor): Tensor =>
  generator.eval((g) => g.synthesize(codes).image);

/** Pictures as files hold them: nothing is brighter than white. */
const picturesOf = (generator: Generator, codes: Tensor): Tensor =>
  clamp(synthesized(generator, codes), -1, 1);

/** Mean squared differences [B] of codes, in deviations of w. */
const latentDistance = (encoder: Encoder, a: Tensor, b: Tensor): Tensor =>
  mean(square(div(sub(a, b), encoder.latent_std)), { axes: [1, 2] });

/** How well the codes of held-out pictures are found. */
function validation(
  encoder: Encoder,
  generator: Generator,
  estimator: Estimator,
  { seed, heldOut, batchSize, ...drawing }: EncoderTrainConfig,
) {
  const n = Math.min(batchSize, heldOut);
  const parts = Math.ceil(heldOut / n);
  const measured = program(
    (part: Tensor) => {
      const key = foldIn(foldIn(randomKey(seed), HELD_OUT_KEY), part);
      const codes = drawCodes(generator, encoder.latent_mean, n, key, drawing);
      const pictures = picturesOf(generator, codes);
      const found = encoder.eval((e) => e.forward(pictures));
      const made = picturesOf(generator, found);
      return {
        pixels: mean(pixelDistance(made, pictures)),
        seen: mean(estimator.eval((e) => seenDistance(e, made, pictures))),
        latent: mean(latentDistance(encoder, found, codes)),
      };
    },
    { name: 'validation' },
  );
  const measure = async (): Promise<Metrics> => {
    const sums = { pixels: 0, seen: 0, latent: 0 };
    for (let part = 0; part < parts; part++) {
      const found = await measured(new NDArray(Int32Array.of(part), [], 'int32'));
      for (const name of ['pixels', 'seen', 'latent'] as const) sums[name] += found[name].item();
    }
    return { pixels: sums.pixels / parts, seen: sums.seen / parts, latent: sums.latent / parts };
  };
  return { measure, release: () => measured.release() };
}
