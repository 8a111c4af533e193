/**
 * @module What features are made by, for `apply` and `verify`: VGGish and I3D.
 */
import { cast, div, mul, NDArray, sub } from '@sextant/engine';
import { type AppliedModule, inputOf, tracedModule } from '@sextant/system';
import { z } from 'zod';
import { filledFrom } from '../checkpoints.js';
import { ENDPOINTS, I3D } from '../i3d.js';
import { logMelExamples, quantizeEmbeddings, VGGish } from '../vggish.js';
import { size } from './networks.js';

const mode = z.literal('eval').default('eval');

const examples = tracedModule({
  summary: 'logarithmic mel spectrograms of a waveform [T] at 16 kHz: examples [N, 96, 64]',
  config: z.strictObject({ mode, sample_rate: z.literal(16_000).default(16_000) }),
  build: () => ({
    forward: (inputs) => {
      const sound = inputs.get('waveform');
      return { examples: logMelExamples(sound, sound.shape[0] as number) };
    },
  }),
});

const vggish = tracedModule({
  summary: 'VGGish: embeddings [N, 128] of examples [N, 1, 96, 64]',
  config: z.strictObject({
    mode,
    conv_widths: z.array(size).length(6).default([64, 128, 256, 256, 512, 512]),
    fc_widths: z.array(size).length(2).default([4096, 4096]),
    embedding_size: size.default(128),
  }),
  build({ conv_widths, fc_widths, embedding_size }, checkpoint) {
    const module = filledFrom(
      new VGGish({ convWidths: conv_widths, fcWidths: fc_widths, embedding: embedding_size }),
      checkpoint,
    );
    return {
      parameters: module.namedParameters(),
      forward: (inputs) => ({ embeddings: module.eval((m) => m.forward(inputs.get('examples'))) }),
    };
  },
});

const postprocess: AppliedModule = {
  summary:
    'the released post-processing of embeddings [N, 128] by pca_eigen_vectors and pca_means, rounded and truncated',
  async apply({ inputs }) {
    const [embeddings, vectors, means] = ['embeddings', 'pca_eigen_vectors', 'pca_means'].map((name) =>
      inputOf(inputs, name),
    ) as [NDArray, NDArray, NDArray];
    const numbers = ({ data }: NDArray) => Float64Array.from(data, Number);
    const levels = quantizeEmbeddings(numbers(embeddings), {
      vectors: numbers(vectors),
      means: numbers(means),
    });
    return new Map<string, NDArray>([
      ['quantized', new NDArray(Float32Array.from(levels, halfToEven), embeddings.shape, 'float32')],
      ['quantized_truncated', new NDArray(Uint8Array.from(levels), embeddings.shape, 'uint8')],
    ]);
  },
};

const halfToEven = (x: number): number => {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (below % 2) : Math.round(x);
};

const i3d = tracedModule({
  summary: 'I3D: the feature maps of a layer of clips [B, C, T, H, W], as 8 bits clip_uint8 or as they are',
  config: z.strictObject({
    mode,
    modality: z.enum(['rgb', 'flow']),
    endpoint: z.enum(ENDPOINTS).optional(),
  }),
  build({ modality, endpoint }, checkpoint) {
    const module = filledFrom(new I3D(modality === 'rgb' ? 3 : 2, endpoint), checkpoint);
    return {
      parameters: module.namedParameters(),
      forward: (inputs) =>
        module.eval((m) => {
          const clips = inputs.has('clip_uint8')
            ? sub(div(mul(cast(inputs.get('clip_uint8'), 'float32'), 2), 255), 1)
            : inputs.get('clip');
          return endpoint === undefined ? { features: m.forward(clips) } : { [endpoint]: m.tower(clips) };
        }),
    };
  },
});

export const featureModules: Readonly<Record<string, AppliedModule>> = {
  'vggish-examples': examples,
  vggish,
  'vggish-postprocess': postprocess,
  i3d,
};
