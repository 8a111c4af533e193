/**
 * @module Whole inference for `apply` and `verify`.
 */
import { slice } from '@sextant/engine';
import { tracedModule } from '@sextant/system';
import { z } from 'zod';
import { AvatarNetworks } from '../networks.js';
import { filled, parametersOf } from './checkpoints.js';
import { generated, someNetworks } from './generated.js';
import { configOf, NetworkOptions } from './options.js';

export const endToEnd = tracedModule({
  summary: 'frames of people from pictures source_* and poses target_poses, with the texture enhancer',
  config: NetworkOptions.extend({
    mode: z.literal('eval').default('eval'),
    networks_test: someNetworks.optional(),
    spn_networks: someNetworks.optional(),
  }),
  build(o, checkpoint) {
    const networks = filled(new AvatarNetworks(configOf(o)), checkpoint);
    return {
      parameters: parametersOf(networks),
      forward(inputs) {
        const outputs = networks.eval(() => generated(networks, inputs, o));
        const texture = slice(outputs.pred_enh_tex_hf_rgbs!, 1, 0, 1);
        return { ...outputs, pred_enh_tex_hf_rgbs: texture };
      },
    };
  },
});
