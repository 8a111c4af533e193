/**
 * @module All networks together: what is made once for a person, and frames of that person (section 5).
 */
import type { Tensor } from '@sextant/engine';
import { Module } from '@sextant/nn';
import type { Predictions } from './adaptive-generator.js';
import type { AvatarConfig } from './config.js';
import { Discriminator } from './discriminator.js';
import { IdentityEmbedder, type Source } from './identity-embedder.js';
import { type Frames, InferenceGenerator } from './inference-generator.js';
import { KeypointsEmbedder } from './keypoints-embedder.js';
import { TextureEnhancer } from './texture-enhancer.js';
import { TextureGenerator } from './texture-generator.js';

/** What frames of people need beside poses. */
export interface People {
  /** [B, 1, 3, S, S] */
  readonly texture: Tensor;
  /** Weights of the inference generator. */
  readonly predictions: Predictions;
}

export interface NetworksOptions {
  /** Whether there is a texture enhancer (true). */
  readonly enhancer?: boolean;
  /** Whether there is a discriminator, for training (false). */
  readonly discriminator?: boolean;
}

/** The networks by the authors' names. */
export class AvatarNetworks extends Module {
  readonly identity_embedder: IdentityEmbedder;
  readonly texture_generator: TextureGenerator;
  readonly keypoints_embedder: KeypointsEmbedder;
  readonly inference_generator: InferenceGenerator;
  readonly texture_enhancer: TextureEnhancer | undefined;
  readonly discriminator: Discriminator | undefined;

  constructor(
    readonly config: AvatarConfig,
    { enhancer = true, discriminator = false }: NetworksOptions = {},
  ) {
    super();
    const { imageSize, embedder, texture, keypoints, inference } = config;
    this.identity_embedder = new IdentityEmbedder(imageSize, embedder, texture);
    this.texture_generator = new TextureGenerator(imageSize, texture, embedder);
    this.keypoints_embedder = new KeypointsEmbedder(keypoints, inference);
    this.inference_generator = new InferenceGenerator(imageSize, inference, embedder);
    this.texture_enhancer = enhancer ? new TextureEnhancer(imageSize, config.enhancer) : undefined;
    this.discriminator = discriminator ? new Discriminator(imageSize, config.discriminator) : undefined;
  }

  /** People of pictures, their textures as the generator makes them. */
  embed(source: Source): People {
    const embeddings = this.identity_embedder.forward(source);
    return {
      texture: this.texture_generator.forward(embeddings),
      predictions: this.inference_generator.adapt(embeddings),
    };
  }

  /** The texture corrected to fit the source's pictures, where there is an enhancer. @param poses - of these pictures [B, n, 136]. */
  enhance(people: People, { images }: Pick<Source, 'images'>, poses: Tensor): Tensor {
    if (!this.texture_enhancer) return people.texture;
    const { uvs, lowFrequency, masks } = this.frames(people, poses);
    return this.texture_enhancer.forward(people.texture, { images, uvs, lowFrequency, masks });
  }

  /** Frames of people in poses [B, t, 136]; `compose` gives them the texture. */
  frames({ predictions }: Pick<People, 'predictions'>, poses: Tensor): Frames {
    return this.inference_generator.forward(predictions, this.keypoints_embedder.forward(poses));
  }
}
