/**
 * @module The captioner for `apply` and `verify`: probabilities of words, loss, greedy decoding.
 */
import { add, array, cast, div, slice } from '@sextant/engine';
import { type AppliedModule, parseOptions, tracedModule, type Weights } from '@sextant/system';
import { z } from 'zod';
import { BiModalCaptioner } from '../captioner.js';
import { greedy } from '../greedy.js';
import { smoothedDivergence } from '../losses.js';
import { captionMask, featureMask } from '../masks.js';
import { UnimodalCaptioner } from '../unimodal.js';
import {
  encoderOf,
  featureOptions,
  featuresOf,
  filled,
  inertClasses,
  inMode,
  parametersOf,
  size,
} from './networks.js';

const captionOptions = {
  ...featureOptions,
  smoothing: z.number().min(0).max(1).default(0.7),
  max_len: size.default(30),
  trg_voc_size: size,
  start_idx: z.literal(2).default(2),
  end_idx: z.literal(3).default(3),
  d_glove: size.optional(),
};

const BiModalSchema = z.strictObject({
  ...captionOptions,
  modality: z.literal('audio_video'),
  model: z.literal('av_transformer').default('av_transformer'),
  d_model: size,
  d_model_caps: size,
  d_ff_caps: size,
});

const UnimodalSchema = z.strictObject({
  ...captionOptions,
  modality: z.enum(['audio', 'video']),
  model: z.literal('transformer'),
});

const CaptionerSchema = z.discriminatedUnion('modality', [BiModalSchema, UnimodalSchema]);

function biModal(c: z.output<typeof BiModalSchema>, checkpoint: Weights | undefined) {
  const captioner = new BiModalCaptioner({
    ...encoderOf(c),
    dModelCaps: c.d_model_caps,
    dFfCaps: c.d_ff_caps,
    vocabulary: c.trg_voc_size,
    ...(c.d_glove !== undefined && { dWord: c.d_glove }),
  });
  return filled(captioner, checkpoint);
}

const captioner = tracedModule({
  inertClasses,
  summary:
    'log probabilities of the words after caption_ids [B, S], of features rgb, flow, audio; masks and memories',
  config: CaptionerSchema,
  build(config, checkpoint) {
    if (config.modality === 'audio_video') {
      const { module, prefix } = biModal(config, checkpoint);
      return {
        parameters: parametersOf(module, prefix),
        forward: (inputs) =>
          inMode(module, config.mode, (m) => {
            const ids = inputs.get('caption_ids');
            const memory = m.encode(featuresOf(inputs));
            return {
              V_mask: memory.videoMask,
              A_mask: memory.audioMask,
              C_mask: captionMask(ids),
              memory_audio: memory.audio,
              memory_video: memory.video,
              log_probs: m.decode(ids, memory),
            };
          }),
      };
    }
    const video = config.modality === 'video';
    const { module, prefix } = filled(
      new UnimodalCaptioner({
        dFeatures: video ? config.d_vid : config.d_aud,
        dModel: video ? config.d_model_video : config.d_model_audio,
        dFf: video ? config.d_ff_video : config.d_ff_audio,
        heads: config.H,
        layers: config.N,
        linearEmbedder: config.use_linear_embedder,
        dropout: config.dout_p,
        vocabulary: config.trg_voc_size,
        ...(config.d_glove !== undefined && { dWord: config.d_glove }),
      }),
      checkpoint,
    );
    return {
      parameters: parametersOf(module, prefix),
      forward: (inputs) =>
        inMode(module, config.mode, (m) => {
          const ids = inputs.get('caption_ids');
          const masked = inputs.get(video ? 'rgb' : 'audio');
          const features = video ? add(masked, inputs.get('flow')) : masked;
          return {
            [video ? 'V_mask' : 'A_mask']: featureMask(masked),
            C_mask: captionMask(ids),
            log_probs: m.forward(features, masked, ids),
          };
        }),
    };
  },
});

const captionerLoss = tracedModule({
  inertClasses,
  summary: 'the smoothed loss of captions caption_ids [B, S + 1]: each word by those before it',
  config: BiModalSchema,
  build(config, checkpoint) {
    const { module, prefix } = biModal(config, checkpoint);
    return {
      parameters: parametersOf(module, prefix),
      forward: (inputs) =>
        inMode(module, config.mode, (m) => {
          const ids = inputs.get('caption_ids');
          const logProbs = m.forward(featuresOf(inputs), slice(ids, 1, 0, -1));
          const { sum, words } = smoothedDivergence(logProbs, slice(ids, 1, 1), config.smoothing);
          return { log_probs: logProbs, kl_sum: sum, n_tokens: cast(words, 'int64'), loss: div(sum, words) };
        }),
    };
  },
});

const greedyWords: AppliedModule = {
  inertClasses,
  summary: 'ids of the likeliest words one after the other, of features rgb, flow, audio',
  async apply({ config, checkpoint, ...request }) {
    const { max_len, ...parsed } = parseOptions(BiModalSchema, config);
    const written = tracedModule({
      summary: '',
      config: z.unknown(),
      build: () => {
        const { module } = biModal({ ...parsed, max_len }, checkpoint);
        return {
          forward: (inputs) =>
            module.eval((m) => {
              const features = featuresOf(inputs);
              const memory = m.encode(features);
              const { ids, length } = greedy(
                (w) => m.decode(w, memory),
                features.rgb.shape[0] as number,
                max_len,
              );
              return { ids, length };
            }),
        };
      },
    });
    const found = await written.apply({ config: undefined, checkpoint, ...request });
    const [ids, length] = [found.get('ids')!, Number(found.get('length')!.item())];
    const [rows, width] = ids.shape as [number, number];
    const kept = Array.from({ length: rows }, (_, i) =>
      Array.from(ids.data.slice(i * width, i * width + length), Number),
    );
    return new Map([['token_ids', array(kept.flat(), { shape: [rows, length], dtype: 'int64' })]]);
  },
};

export const captionerModules: Readonly<Record<string, AppliedModule>> = {
  captioner,
  'captioner-loss': captionerLoss,
  greedy: greedyWords,
};
