/**
 * @module A training step as a program: what the networks make of pairs of frames, the losses of it, one update (sections 2 to 4).
 */
import { add, grad, mul, program, stopGradient, type Tensor } from '@sextant/engine';
import { Adam, binaryCrossEntropyWithLogits } from '@sextant/nn';
import type { Metrics, State } from '@sextant/train';
import { EPS } from './config.js';
import { contest } from './contest.js';
import type { Pair } from './data/pairs.js';
import type { Discriminator } from './discriminator.js';
import { compose, type Frames } from './inference-generator.js';
import {
  discriminatorLoss,
  distance,
  featureMatchingLoss,
  generatorLoss,
  perceptualLoss,
  pyramidLoss,
  warpLoss,
} from './losses.js';
import { applyMask } from './masks.js';
import type { AvatarNetworks } from './networks.js';
import type { LossWeights, Stage } from './train-config.js';
import type { Vgg } from './vgg.js';
import { flattened } from './warp.js';

/** Weights of VGG's layers in the perceptual loss, the first one's first. */
const LAYERS = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1] as const;

/** Networks that compare pictures, where the user has weights of them. */
export interface Comparers {
  readonly vgg19?: Vgg;
  readonly vggFace?: Vgg;
}

/** What is trained. */
export interface Learners {
  readonly networks: AvatarNetworks;
  readonly discriminator: Discriminator;
  readonly comparers?: Comparers;
}

export interface StepOptions {
  readonly stage: Stage;
  readonly learningRate: number;
  readonly losses: LossWeights;
}

/** What losses are of, [B, t, 3, S, S] each with a background that the predicted mask makes black. */
interface Made {
  readonly real: Tensor;
  readonly fake: Tensor;
  /** The same as `fake`, through which coarse colours get no gradient. */
  readonly detail: Tensor;
  /** What is compared with `real` pixel by pixel: coarse colours; in the second stage whole pictures. */
  readonly plain: Tensor;
  readonly frames: Frames;
}

/** Networks and discriminator as they learn. */
export class TrainingStep {
  readonly #optimizer: Adam;
  readonly #program;

  constructor(
    private readonly learners: Learners,
    private readonly options: StepOptions,
  ) {
    const { networks, discriminator } = learners;
    const trained = options.stage === 'base' ? networks : networks.texture_enhancer!;
    this.#optimizer = new Adam([...trained.parameters(), ...discriminator.parameters()], {
      learningRate: options.learningRate,
      betas: [0.5, 0.999],
      eps: EPS,
    });
    this.#program = program((pair: Pair<Tensor>) => this.#record(pair), { name: 'trainingStep' });
  }

  /** Everything that steps change. */
  get state(): State {
    const { networks, discriminator } = this.learners;
    return { networks, discriminator, optimizer: this.#optimizer };
  }

  /** One update by a batch. @returns each loss, weighted, by the authors' names, and their sum. */
  run(batch: Pair): Promise<Metrics> {
    return this.#program(batch as never);
  }

  release(): Promise<void> {
    return this.#program.release();
  }

  #record(pair: Pair<Tensor>): Record<string, Tensor> {
    const terms = this.#terms(pair);
    const loss = Object.values(terms).reduce((a, b) => add(a, b));
    // The embedder's last block gives its inner features only: its end gets no gradient.
    this.#optimizer.update(grad(loss, this.#optimizer.parameters, { allowUnused: true }));
    return { ...terms, loss };
  }

  #terms(pair: Pair<Tensor>): Record<string, Tensor> {
    const { stage, losses } = this.options;
    const made = stage === 'base' ? this.#base(pair) : this.#enhanced(pair);
    const { real, fake, detail, plain, frames } = made;
    const { dis, gen } = contest(this.learners.discriminator, {
      real,
      fake,
      ...(this.learners.networks.config.discriminator.stickmen && { stickmen: pair.target.stickmen }),
    });
    const scores = dis.real.scores;
    return {
      D_ADV: mul(discriminatorLoss(scores, dis.fake.scores, 'ragan'), losses.adversarial),
      G_ADV: mul(generatorLoss(scores, gen.fake.scores, 'ragan'), losses.adversarial),
      G_FM: mul(featureMatchingLoss(gen.real.features, gen.fake.features), losses.featureMatching),
      ...this.#comparisons(flattened(detail), flattened(real)),
      G_L1: mul(distance('l1', plain, real), losses.pixel),
      ...(stage === 'base' && {
        G_BCE: mul(binaryCrossEntropyWithLogits(frames.logits, pair.target.masks), losses.segmentation),
        ...(losses.warp > 0 && { G_WPR: mul(warpLoss(frames.deltaUvs), losses.warp) }),
      }),
    };
  }

  /** What trains texture and field: differences that networks see, or those of a pyramid of pictures. */
  #comparisons(fake: Tensor, real: Tensor): Record<string, Tensor> {
    const { losses } = this.options;
    const { vgg19, vggFace } = this.learners.comparers ?? {};
    if (!vgg19 && !vggFace) return { G_PYR: mul(pyramidLoss(fake, real), losses.pyramid) };
    return {
      ...(vgg19 && { G_VGG19: mul(perceptualLoss(vgg19, fake, real, LAYERS), losses.vgg19) }),
      ...(vggFace && { G_VGGFace: mul(perceptualLoss(vggFace, fake, real, LAYERS), losses.vggFace) }),
    };
  }

  #base({ source, target }: Pair<Tensor>): Made {
    const { networks } = this.learners;
    const people = networks.embed(source);
    const frames = networks.frames(people, target.poses);
    const { images, detailImages } = compose(frames, people.texture);
    const shown = background(frames);
    return {
      real: shown(target.images),
      fake: shown(images),
      detail: shown(detailImages),
      plain: shown(frames.lowFrequency),
      frames,
    };
  }

  #enhanced({ source, target }: Pair<Tensor>): Made {
    const { networks } = this.learners;
    const enhancer = networks.texture_enhancer!;
    return networks.eval(() =>
      enhancer.train(() => {
        const people = networks.embed(source);
        const frames = networks.frames(people, target.poses);
        const { images, detailImages } = compose(frames, networks.enhance(people, source, source.poses));
        const shown = background(frames);
        const fake = shown(images);
        return { real: shown(target.images), fake, detail: shown(detailImages), plain: fake, frames };
      }),
    );
  }
}

/** Pictures with a black background, by predicted masks that get no gradient. */
const background = ({ masks }: Frames) => {
  const fixed = stopGradient(masks);
  return (x: Tensor): Tensor => applyMask(x, fixed);
};
