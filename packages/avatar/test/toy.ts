/**
 * @module Networks small enough for tests.
 */
import { program, type Tensor } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { collate } from '@sextant/train';
import type { AvatarConfig } from '../src/config.js';
import { HeadFootage } from '../src/data/heads.js';
import type { View } from '../src/data/view.js';
import { AvatarNetworks } from '../src/networks.js';

export const TOY: AvatarConfig = {
  imageSize: 16,
  embedder: { channels: 8, maxChannels: 16, size: 4, masks: true, stickmen: true },
  texture: { channels: 8, maxChannels: 16, size: 4 },
  keypoints: { poseSize: 136, channels: 16, layers: 3, harmonics: 0 },
  inference: { channels: 8, maxChannels: 16, size: 4 },
  enhancer: { channels: 8, maxChannels: 8, size: 8, blocks: 1, steps: 2, guide: 'sse' },
  discriminator: { channels: 8, maxChannels: 16, size: 4, blocks: 3, stickmen: true },
};

/** The same by the authors' options. */
export const TOY_OPTIONS = {
  image_size: 16,
  emb_num_channels: 8,
  emb_max_channels: 16,
  emb_output_tensor_size: 4,
  tex_num_channels: 8,
  tex_max_channels: 16,
  pse_num_channels: 16,
  pse_num_blocks: 3,
  inf_num_channels: 8,
  inf_max_channels: 16,
  enh_num_channels: 8,
  enh_max_channels: 8,
  enh_bottleneck_tensor_size: 8,
  enh_num_blocks: 1,
  enh_unrolling_depth: 2,
  dis_num_channels: 8,
  dis_max_channels: 16,
  dis_output_tensor_size: 4,
  dis_num_blocks: 3,
};

/** Random networks whose singular vectors and statistics fit their weights, as after training. */
export async function settled(options: { readonly enhancer: boolean }): Promise<AvatarNetworks> {
  manualSeed(3);
  const networks = new AvatarNetworks(TOY, options);
  const footage = new HeadFootage({ split: 'train', people: 4, frames: 1 }, TOY.imageSize);
  const views = await Promise.all([0, 1, 2, 3].map(async (i) => collate([await footage.view(i, 0)])));
  const pass = program((source: View<Tensor>) => {
    const people = networks.embed(source);
    return { enhanced: networks.enhance(people, source, source.poses) };
  });
  for (let i = 0; i < 4; i++) await pass(collate(views) as never);
  await pass.release();
  return networks;
}
