import type { NDArray } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { collate } from '@sextant/train';
import { describe, expect, it } from 'vitest';
import { settled, TOY, TOY_OPTIONS } from '../test/toy.js';
import { HeadFootage } from './data/heads.js';
import type { Pair } from './data/pairs.js';
import type { View } from './data/view.js';
import { Discriminator } from './discriminator.js';
import { officialVariables } from './import.js';
import { trainStep } from './modules/train-step.js';
import { PRESETS } from './presets.js';
import { TrainingStep } from './step.js';
import { VGG_FACE, VGG19, Vgg } from './vgg.js';

const BASE = ['identity_embedder', 'texture_generator', 'keypoints_embedder', 'inference_generator'];
const DIVISOR = 16;

/** The authors' options of both stages. */
const STAGES = {
  base: {
    networks_train: [...BASE, 'discriminator'],
    networks_to_train: [...BASE, 'discriminator'],
    losses_train: 'adversarial, feature_matching, perceptual, pixelwise, segmentation',
  },
  enhancer: {
    networks_train: [...BASE, 'texture_enhancer', 'discriminator'],
    networks_to_train: ['texture_enhancer', 'discriminator'],
    losses_train: 'adversarial, feature_matching, perceptual, pixelwise',
    inf_apply_masks: false,
    inf_calc_grad: true,
    inf_pred_source_data: true,
    pse_emb_source_pose: true,
    dis_fake_imgs_name: 'pred_enh_target_imgs',
    per_loss_apply_to: 'pred_enh_target_imgs_lf_detached, target_imgs',
    pix_loss_apply_to: 'pred_enh_target_imgs, target_imgs',
  },
} as const;

const footage = new HeadFootage({ split: 'train', people: 3, frames: 2 }, TOY.imageSize);

async function batch(): Promise<Pair> {
  const people = [0, 1, 2].map(async (person) => {
    const [source, target] = [await footage.view(person, 0), await footage.view(person, 1)];
    return { source: collate([source]), target: collate([target]) };
  });
  return collate(await Promise.all(people));
}

/** By the authors' names. */
const inputsOf = ({ source, target }: Pair) => {
  const named = (kind: string, { images, masks, stickmen, poses }: View): [string, NDArray][] => [
    [`${kind}_imgs`, images],
    [`${kind}_segs`, masks],
    [`${kind}_stickmen`, stickmen],
    [`${kind}_poses`, poses],
  ];
  return new Map([...named('source', source), ...named('target', target)]);
};

describe.each(['base', 'enhancer'] as const)('a step of the stage %s', (stage) => {
  it("has the losses of the authors' options", async () => {
    const networks = await settled({ enhancer: stage === 'enhancer' });
    manualSeed(5);
    const discriminator = new Discriminator(TOY.imageSize, TOY.discriminator);
    const comparers = { vgg19: new Vgg(VGG19, DIVISOR), vggFace: new Vgg(VGG_FACE, DIVISOR) };
    const parts = {
      discriminator,
      vgg19_imagenet_pytorch: comparers.vgg19,
      vgg16_face_caffe: comparers.vggFace,
    };
    const checkpoint = new Map(
      [...officialVariables(networks)].map(([name, { value }]) => [name, value.copy()]),
    );
    for (const [name, part] of Object.entries(parts)) {
      for (const [path, { value }] of officialVariables(part))
        checkpoint.set(`${name}.${path}`, value.copy());
    }
    const pair = await batch();
    const { losses, learningRate } = PRESETS.paper.base;
    const step = new TrainingStep({ networks, discriminator, comparers }, { stage, losses, learningRate });
    const found = await step.run(pair);
    await step.release();
    const expected = await trainStep.apply({
      config: { part: 'train-step', ...TOY_OPTIONS, ...STAGES[stage], vgg_channel_divisor: DIVISOR },
      checkpoint,
      inputs: inputsOf(pair),
    });
    const names = [
      'D_ADV',
      'G_ADV',
      'G_FM',
      'G_VGG19',
      'G_VGGFace',
      'G_L1',
      ...(stage === 'base' ? ['G_BCE'] : []),
    ];
    expect(Object.keys(found).sort()).toEqual([...names, 'loss'].sort());
    for (const name of Object.keys(found)) {
      const value = Number((found[name] as NDArray).item());
      expect(value, name).toBeCloseTo(Number(expected.get(name)!.item()), 4);
    }
  });
});
