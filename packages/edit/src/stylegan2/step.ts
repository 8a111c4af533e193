/**
 * @module The four updates that StyleGAN2's training consists of, each as a program (section 4.2 of the specification).
 */
import {
  array,
  concat,
  foldIn,
  grad,
  less,
  mean,
  mul,
  type NDArray,
  program,
  randomInt,
  randomNormal,
  randomUniform,
  slice,
  type Tensor,
  Variable,
  where,
} from '@sextant/engine';
import { Adam, defaultStream, ExponentialMovingAverage, type Module, randomState } from '@sextant/nn';
import type { Metrics, State } from '@sextant/train';
import type { Discriminator } from './discriminator.js';
import type { Generator } from './generator.js';
import { mixRows, randomNoise } from './latents.js';
import { discriminatorLoss, generatorLoss, gradientPenalty, pathPenalty } from './losses.js';

export interface AdversarialOptions {
  /** Pictures of each update. */
  readonly batchSize: number;
  readonly learningRate: number;
  /** Share of batches whose w+ mix two styles. */
  readonly mixing: number;
  /** R1's weight γ (its half counts), and every how many steps it is applied, then so many times as strong. */
  readonly r1: { readonly weight: number; readonly every: number };
  /** The same of path lengths; the batch is `shrink` times smaller, `decay` is the share of new lengths in their mean. */
  readonly path: {
    readonly weight: number;
    readonly every: number;
    readonly shrink: number;
    readonly decay: number;
  };
  /** Pictures after which half of the averaged generator is new. */
  readonly halfLife: number;
}

/**
 * Adam for updates of which every `every`-th is followed by one of a penalty: both together should move the weights as
 * `every` updates would (lazy regularisation, section 3.1 of the paper).
 */
function lazyAdam(network: Module, learningRate: number, every: number): Adam {
  const ratio = every / (every + 1);
  return new Adam(network.parameters(), { learningRate: learningRate * ratio, betas: [0, 0.99 ** ratio] });
}

/** One update by a penalty on gradients, which biases behind the last rectifier have no part in. */
const minimizePenalty = (optimizer: Adam, penalty: Tensor): void =>
  optimizer.update(grad(penalty, optimizer.parameters, { allowUnused: true }));

/** A generator and a discriminator that learn from each other. */
export class Adversaries {
  private readonly optimizerG: Adam;
  private readonly optimizerD: Adam;
  private readonly ema: ExponentialMovingAverage;
  /** Running mean of path lengths. */
  private readonly pathLength = new Variable(array(0));
  private readonly programs;

  /** @param average - follows the generator; has its weights at the beginning. */
  constructor(
    readonly generator: Generator,
    readonly discriminator: Discriminator,
    readonly average: Generator,
    private readonly options: AdversarialOptions,
  ) {
    const { learningRate, r1, path, batchSize, halfLife } = options;
    this.optimizerG = lazyAdam(generator, learningRate, path.every);
    this.optimizerD = lazyAdam(discriminator, learningRate, r1.every);
    const decay = 0.5 ** (batchSize / halfLife);
    this.ema = new ExponentialMovingAverage(generator.parameters(), average.parameters(), decay);
    this.programs = {
      discriminate: program((real: Tensor) => this.discriminate(real), { name: 'discriminate' }),
      penalize: program((real: Tensor) => this.penalize(real), { name: 'penalize' }),
      generate: program(() => this.generate(), { name: 'generate' }),
      regularize: program(() => this.regularize(), { name: 'regularize' }),
    };
  }

  /** Everything that steps change. */
  get state(): State {
    const { generator, discriminator, average, optimizerG, optimizerD, ema, pathLength } = this;
    const path = { namedVariables: () => new Map([['length', pathLength]]) };
    return { generator, discriminator, average, optimizerG, optimizerD, ema, path, random: randomState };
  }

  /**
   * Step n (from 1): both networks once, and the penalties when it is their turn.
   *
   * @param real - pictures [B, 3, S, S] of -1 to 1.
   */
  async step(n: number, real: NDArray): Promise<Metrics> {
    const { r1, path } = this.options;
    const { discriminate, penalize, generate, regularize } = this.programs;
    const due = (every: number) => (n - 1) % every === 0;
    return {
      ...(await discriminate(real)),
      ...(due(r1.every) && (await penalize(real))),
      ...(await generate()),
      ...(due(path.every) && (await regularize())),
    };
  }

  /** Frees the compiled programs. */
  async release(): Promise<void> {
    for (const compiled of Object.values(this.programs)) await compiled.release();
  }

  private discriminate(real: Tensor) {
    const { batchSize } = this.options;
    const { image } = this.made(batchSize);
    // One pass over both batches: half as many, larger products than a pass for each.
    const scores = this.discriminator.forward(concat([image, real]), 2);
    const [fake, true_] = [slice(scores, 0, 0, batchSize), slice(scores, 0, batchSize)];
    const lossD = discriminatorLoss(true_, fake);
    this.optimizerD.minimize(lossD);
    return { lossD, scoreReal: mean(true_), scoreFake: mean(fake) };
  }

  private penalize(real: Tensor) {
    const { weight, every } = this.options.r1;
    const r1 = gradientPenalty(this.discriminator.forward(real), real);
    minimizePenalty(this.optimizerD, mul(r1, (weight / 2) * every));
    return { r1 };
  }

  private generate() {
    const lossG = generatorLoss(this.discriminator.forward(this.made(this.options.batchSize).image));
    this.optimizerG.minimize(lossG);
    this.ema.update();
    return { lossG };
  }

  private regularize() {
    const { weight, every, shrink, decay } = this.options.path;
    const { image, latents } = this.made(Math.max(1, Math.floor(this.options.batchSize / shrink)));
    const noise = randomNormal(defaultStream().next(), image.shape);
    const { penalty: path, mean: pathLength } = pathPenalty(image, latents, noise, this.pathLength, decay);
    minimizePenalty(this.optimizerG, mul(path, weight * every));
    this.pathLength.assign(pathLength);
    return { path, pathLength };
  }

  /** Pictures of new latents, with new noise. */
  private made(n: number): { readonly image: Tensor; readonly latents: Tensor } {
    const { generator, options } = this;
    const { styleDim } = generator.config;
    const rows = generator.latentCount;
    const key = defaultStream().next();
    const w = generator.map(randomNormal(foldIn(key, 0), [2 * n, styleDim]));
    const mixed = less(randomUniform(foldIn(key, 1), []), options.mixing);
    const count = where(mixed, randomInt(foldIn(key, 2), [], 1, rows), rows);
    const latents = mixRows(slice(w, 0, 0, n), slice(w, 0, n), count, rows);
    const noise = randomNoise(foldIn(key, 3), n, generator.noiseSizes);
    return { image: generator.synthesize(latents, noise).image, latents };
  }
}
