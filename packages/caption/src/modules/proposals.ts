/**
 * @module The proposal generator for `apply` and `verify`, with what comes before and after it: anchors, segments.
 */
import { array, asTensor, NDArray, type Tensor } from '@sextant/engine';
import { type AppliedModule, inputOf, parseOptions, tracedModule } from '@sextant/system';
import { z } from 'zod';
import { clusterLengths } from '../anchors.js';
import { type LossParts, ProposalGenerator, proposalLoss } from '../proposals.js';
import { type Prediction, type Segment, segmentsOfDataset, segmentsOfVideo } from '../segments.js';
import { type Event, targetsOf } from '../targets.js';
import {
  encoderOf,
  featureOptions,
  featuresOf,
  filled,
  inertClasses,
  inMode,
  mode,
  parametersOf,
  size,
} from './networks.js';

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
    const [predictions, durations] = ['predictions', 'duration_in_secs'].map((name) =>
      inputOf(inputs, name),
    ) as [NDArray, NDArray];
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
    const lengths = inputOf(inputs, 'segment_lengths');
    const init = inputs.get('init_centers');
    const found = clusterLengths(Array.from(lengths.data, Number), n_clusters, {
      maxIterations: max_iter,
      tolerance: tol,
      ...(init && { init: Array.from(init.data, Number) }),
    });
    return new Map([['anchors', array(found)]]);
  },
};

export const proposalModules: Readonly<Record<string, AppliedModule>> = { proposals, postprocess, anchors };
