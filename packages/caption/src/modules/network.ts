/**
 * @module Captioner and proposal generator for `apply` and `verify`, with the authors' option and parameter names.
 */
import { add, array, asTensor, cast, div, NDArray, slice, type Tensor } from '@sextant/engine';
import { InputError, stateDict } from '@sextant/io';
import type { Module } from '@sextant/nn';
import { type AppliedModule, type Inputs, parseOptions, tracedModule, type Weights } from '@sextant/system';
import { z } from 'zod';
import { clusterLengths } from '../anchors.js';
import { BiModalCaptioner, type EncoderConfig, type Features } from '../captioner.js';
import { greedy } from '../greedy.js';
import { smoothedDivergence } from '../losses.js';
import { captionMask, featureMask } from '../masks.js';
import { type LossParts, ProposalGenerator, proposalLoss } from '../proposals.js';
import { type Prediction, type Segment, segmentsOfDataset, segmentsOfVideo } from '../segments.js';
import { type Event, targetsOf } from '../targets.js';
import { UnimodalCaptioner } from '../unimodal.js';

const size = z.int().positive();
const mode = z.enum(['train', 'eval']).default('eval');

/** Options of networks that look at features. */
const featureOptions = {
  d_vid: size,
  d_aud: size,
  d_model_video: size,
  d_model_audio: size,
  d_ff_video: size,
  d_ff_audio: size,
  H: size,
  N: size,
  use_linear_embedder: z.boolean().default(false),
  dout_p: z.number().min(0).max(1).default(0.1),
  mode,
  pad_idx: z.literal(1).default(1),
};

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

const encoderOf = (
  c: z.output<z.ZodObject<typeof featureOptions>> & { readonly d_model: number },
): EncoderConfig => ({
  dVid: c.d_vid,
  dAud: c.d_aud,
  dModel: c.d_model,
  dModelVideo: c.d_model_video,
  dModelAudio: c.d_model_audio,
  dFfVideo: c.d_ff_video,
  dFfAudio: c.d_ff_audio,
  heads: c.H,
  layers: c.N,
  linearEmbedder: c.use_linear_embedder,
  dropout: c.dout_p,
});

/** Gives a network its arrays of a checkpoint; names that PyTorch's `DataParallel` gave begin with `module.`. */
function filled<M extends Module>(module: M, checkpoint: Weights | undefined): { module: M; prefix: string } {
  if (checkpoint === undefined) throw new InputError('this module needs a checkpoint');
  const own = checkpoint instanceof Map ? checkpoint.get('model_state_dict') : undefined;
  const state = stateDict(own ?? checkpoint);
  const prefix = [...state.keys()].every((key) => key.startsWith('module.')) ? 'module.' : '';
  module.loadStateDict(new Map([...state].map(([key, value]) => [key.slice(prefix.length), value])));
  return { module, prefix };
}

const parametersOf = (module: Module, prefix: string) =>
  new Map([...module.namedParameters()].map(([name, parameter]) => [prefix + name, parameter]));

const featuresOf = (inputs: Inputs): Features => ({
  rgb: inputs.get('rgb'),
  flow: inputs.get('flow'),
  audio: inputs.get('audio'),
});

const inMode = <M extends Module, T>(module: M, training: 'train' | 'eval', fn: (m: M) => T): T =>
  training === 'train' ? module.train(fn) : module.eval(fn);

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

/** The official checkpoints hold their options as an object. */
const inertClasses = ['utilities.config_constructor.Config'];

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

const modalities = <T extends z.ZodType>(value: T) => z.strictObject({ audio: value, video: value });

const ProposalSchema = z.strictObject({
  ...featureOptions,
  modality: z.literal('audio_video'),
  d_model: size,
  layer_norm: z.boolean().default(false),
  anchors_num_audio: size,
  anchors_num_video: size,
  conv_layers_audio: z.array(size),
  conv_layers_video: z.array(size),
  kernel_sizes: modalities(z.array(size)),
  strides: modalities(z.number().positive()),
  pad_feats_up_to: modalities(size).optional(),
  obj_coeff: z.literal(1).default(1),
  noobj_coeff: z.literal(100).default(100),
  anchors: modalities(z.array(z.number().positive())),
});

const proposals = tracedModule({
  inertClasses,
  summary:
    'centre, length and confidence of events in features rgb, flow, audio; with targets [n, 4] the loss and its parts',
  config: ProposalSchema,
  build(c, checkpoint) {
    const heads = (modality: 'audio' | 'video', hidden: readonly number[]) => ({
      anchors: c.anchors[modality],
      kernelSizes: c.kernel_sizes[modality],
      stride: c.strides[modality],
      hidden,
    });
    const config = {
      ...encoderOf(c),
      layerNorm: c.layer_norm,
      audio: heads('audio', c.conv_layers_audio),
      video: heads('video', c.conv_layers_video),
    };
    const { module, prefix } = filled(new ProposalGenerator(config), checkpoint);
    return {
      parameters: parametersOf(module, prefix),
      forward: (inputs) =>
        inMode(module, c.mode, (m) => {
          const features = featuresOf(inputs);
          const found = m.heads(features);
          const predictions = m.predictions(found);
          if (!inputs.has('targets')) return { predictions };
          const events = eventsOf(inputs.value('targets'));
          const targets = (modality: 'audio' | 'video') => {
            const { shape } = modality === 'audio' ? features.audio : features.rgb;
            const { object, centre, length } = targetsOf(
              events,
              config[modality],
              shape.slice(0, 2) as [number, number],
            );
            return { object: asTensor(object), centre: asTensor(centre), length: asTensor(length) };
          };
          const { loss, parts } = proposalLoss(found, { audio: targets('audio'), video: targets('video') });
          return { predictions, loss, ...named('A', parts.audio), ...named('V', parts.video) };
        }),
    };
  },
});

const named = (
  modality: string,
  { centre, length, object, noObject }: LossParts,
): Record<string, Tensor> => ({
  [`${modality}/loss_x`]: centre,
  [`${modality}/loss_w`]: length,
  [`${modality}/loss_conf_obj`]: object,
  [`${modality}/loss_conf_noobj`]: noObject,
});

/** Rows of video, centre, length and a number that means nothing here. */
const eventsOf = (targets: NDArray): Event[] =>
  rowsOf(targets).map(([video, centre, length]) => ({ video: video!, centre: centre!, length: length! }));

const rowsOf = ({ data, shape }: NDArray): number[][] => {
  const width = shape.at(-1)!;
  return Array.from({ length: data.length / width }, (_, i) =>
    Array.from(data.slice(i * width, (i + 1) * width), Number),
  );
};

const PostprocessSchema = z.strictObject({
  flow: z.enum(['dataset', 'single_video']),
  max_prop_per_vid: size.default(100),
  nms_tiou_thresh: z.number().positive().nullable().default(null),
  shortest_segment_prior: z.number().nonnegative().default(0.2),
  mode,
});

const postprocess: AppliedModule = {
  summary: 'segments_b [n, 3] of predictions [B, N, 3] (centre, length, confidence) and duration_in_secs [B]',
  async apply({ config, inputs }) {
    const { flow, max_prop_per_vid, nms_tiou_thresh, shortest_segment_prior } = parseOptions(
      PostprocessSchema,
      config,
    );
    const [predictions, durations] = ['predictions', 'duration_in_secs'].map((name) => {
      const found = inputs.get(name);
      if (!found) throw new InputError(`there is no input '${name}'`);
      return found;
    }) as [NDArray, NDArray];
    const [videos, count] = predictions.shape as [number, number];
    const rows = rowsOf(predictions).map(
      ([centre, length, confidence]): Prediction => ({
        centre: centre!,
        length: length!,
        confidence: confidence!,
      }),
    );
    const segments = flow === 'dataset' ? segmentsOfDataset : segmentsOfVideo;
    return new Map(
      Array.from({ length: videos }, (_, b) => {
        const found = segments(rows.slice(b * count, (b + 1) * count), {
          duration: Number(durations.data[b]),
          count: max_prop_per_vid,
          shortest: shortest_segment_prior,
          ...(nms_tiou_thresh !== null && { overlap: nms_tiou_thresh }),
        });
        return [`segments_${b}`, tableOf(found)] as const;
      }),
    );
  },
};

const tableOf = (segments: readonly Segment[]): NDArray =>
  new NDArray(
    Float64Array.from(segments.flatMap(({ start, end, confidence }) => [start, end, confidence])),
    [segments.length, 3],
    'float64',
  );

const anchors: AppliedModule = {
  summary: 'anchors [k]: clusters of segment_lengths, from init_centers [k] where given',
  async apply({ config, inputs }) {
    const schema = z.strictObject({
      n_clusters: size,
      max_iter: size.default(300),
      tol: z.number().default(1e-4),
    });
    const { n_clusters, max_iter, tol } = parseOptions(schema, config);
    const lengths = inputs.get('segment_lengths');
    if (!lengths) throw new InputError("there is no input 'segment_lengths'");
    const init = inputs.get('init_centers');
    const found = clusterLengths(Array.from(lengths.data, Number), n_clusters, {
      maxIterations: max_iter,
      tolerance: tol,
      ...(init && { init: Array.from(init.data, Number) }),
    });
    return new Map([['anchors', array(found)]]);
  },
};

export const networkModules: Readonly<Record<string, AppliedModule>> = {
  captioner,
  'captioner-loss': captionerLoss,
  greedy: greedyWords,
  proposals,
  postprocess,
  anchors,
};
