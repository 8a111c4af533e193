/**
 * @module The texture of a person, with all the detail that goes from frame to frame (section 2.4).
 */
import { expandDims, repeat, type Tensor, tanh } from '@sextant/engine';
import { init, Module, Parameter } from '@sextant/nn';
import { AdaptiveGenerator, type NormKind, predictionsOf, projectorOf } from './adaptive-generator.js';
import type { PyramidConfig, Widths } from './config.js';
import { SpatialNorm } from './layers.js';
import type { Projector } from './projector.js';

const SPATIAL: NormKind = {
  make: (channels, size) => new SpatialNorm(channels, size),
  predictions: (channels) => [channels + 1, channels + 1],
};

export class TextureGenerator extends Module {
  /** What every texture begins with [1, maxChannels, size, size]. */
  readonly gen_tex_input: Parameter;
  readonly gen_tex: AdaptiveGenerator;
  readonly prj_tex: Projector;

  constructor(imageSize: number, config: PyramidConfig, embedder: Widths) {
    super();
    const { maxChannels, size } = config;
    const options = { ...config, imageSize, norm: SPATIAL, resize: 'up', heads: [3] } as const;
    this.gen_tex_input = new Parameter(init.normal([1, maxChannels, size, size]));
    this.gen_tex = new AdaptiveGenerator(options);
    this.prj_tex = projectorOf(embedder, options);
  }

  /** The identity embedder's embeddings to textures [B, 1, 3, S, S] in [-1, 1]. */
  forward(embeddings: readonly Tensor[]): Tensor {
    const input = repeat(this.gen_tex_input, embeddings[0]!.shape[0]!, 0);
    const [texture] = this.gen_tex.forward(input, predictionsOf(this.prj_tex.forward(embeddings)));
    return expandDims(tanh(texture!), 1);
  }
}
