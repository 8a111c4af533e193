/**
 * @module Losses by the authors' names, weighted by their options.
 */
import { add, mul, type Tensor } from '@sextant/engine';
import { binaryCrossEntropyWithLogits } from '@sextant/nn';
import type { Weights } from '@sextant/system';
import type { z } from 'zod';
import type { Pass } from '../contest.js';
import { loadOfficial } from '../import.js';
import {
  diceLoss,
  discriminatorLoss,
  distance,
  featureMatchingLoss,
  generatorLoss,
  perceptualLoss,
  warpLoss,
} from '../losses.js';
import { VGG_FACE, VGG19, Vgg } from '../vgg.js';
import { flattened } from '../warp.js';
import { arraysOf } from './checkpoints.js';
import type { adversarialOptions, otherOptions, perceptualOptions } from './loss-options.js';

type Options<T extends z.ZodRawShape> = z.output<z.ZodObject<T>>;

/** Tensors by the authors' names. */
export type Named = (name: string) => Tensor;

export const total = (terms: Readonly<Record<string, Tensor>>): Tensor =>
  Object.values(terms).reduce((a, b) => add(a, b));

export function adversarialTerms(
  { dis, gen }: { readonly dis: Pass; readonly gen: Pass },
  o: Options<typeof adversarialOptions>,
): Record<string, Tensor> {
  const real = dis.real.scores;
  return {
    D_ADV: mul(discriminatorLoss(real, dis.fake.scores, o.adv_pred_type), o.adv_loss_weight),
    G_ADV: mul(generatorLoss(real, gen.fake.scores, o.adv_pred_type), o.adv_loss_weight),
    G_FM: mul(featureMatchingLoss(gen.real.features, gen.fake.features, o.fem_loss_type), o.fem_loss_weight),
  };
}

const KINDS = { vgg19_imagenet_pytorch: VGG19, vgg16_face_caffe: VGG_FACE };

/** The networks that compare pictures, by their names in a checkpoint, which holds other things too. */
export type Comparers = ReadonlyMap<string, Vgg>;

export function comparersOf(
  { per_full_net_names, vgg_channel_divisor }: Options<typeof perceptualOptions>,
  checkpoint: Weights | undefined,
): Comparers {
  const arrays = arraysOf(checkpoint);
  return new Map(
    per_full_net_names.map((name) => {
      const vgg = new Vgg(KINDS[name], vgg_channel_divisor);
      const own = [...vgg.namedVariables().keys()].map(
        (path) => [path, arrays.get(`${name}.${path}`)] as const,
      );
      loadOfficial(vgg, new Map(own.flatMap(([path, value]) => (value ? [[path, value]] : []))));
      return [name, vgg];
    }),
  );
}

export function perceptualTerms(
  comparers: Comparers,
  named: Named,
  o: Options<typeof perceptualOptions>,
): Record<string, Tensor> {
  const [fake, real] = o.per_loss_apply_to.map((name) => flattened(named(name))) as [Tensor, Tensor];
  const terms = [...comparers.values()].map((vgg, i) => {
    const loss = perceptualLoss(vgg, fake, real, o.per_layer_weights, o.per_loss_type);
    return [`G_${o.per_loss_names[i]}`, mul(loss, o.per_loss_weights[i]!)] as const;
  });
  return Object.fromEntries(terms);
}

export function pixelTerms(named: Named, o: Options<typeof otherOptions>): Record<string, Tensor> {
  const [x, y] = o.pix_loss_apply_to;
  return { G_L1: mul(distance(o.pix_loss_type, named(x), named(y)), o.pix_loss_weights[0]) };
}

export function segmentationTerms(named: Named, o: Options<typeof otherOptions>): Record<string, Tensor> {
  const [x, y] = o.seg_loss_apply_to;
  const loss = o.seg_loss_type === 'bce' ? binaryCrossEntropyWithLogits : diceLoss;
  return { [`G_${o.seg_loss_names}`]: mul(loss(named(x), named(y)), o.seg_loss_weights) };
}

export const warpTerms = (named: Named, o: Options<typeof otherOptions>): Record<string, Tensor> => ({
  G_WPR: mul(warpLoss(named(o.wpr_loss_apply_to)), o.wpr_loss_weight),
});
