/**
 * @module What comes before and after the networks for `apply` and `verify`: crops, drawings, measures, procedural heads.
 */
import { mean, NDArray } from '@sextant/engine';
import { type HeadParameters, renderHead } from '@sextant/heads';
import { InputError } from '@sextant/io';
import { type AppliedModule, inputOf, parseOptions, tracedModule } from '@sextant/system';
import { z } from 'zod';
import { headInput, planes } from '../crop.js';
import { ssim } from '../evaluation/ssim.js';
import { drawStickman } from '../stickman.js';
import { size } from './options.js';

const mode = z.literal('eval').default('eval');

const floats = (data: Float32Array<ArrayBuffer>, shape: readonly number[]): NDArray =>
  new NDArray(data, shape, 'float32');

const preprocess: AppliedModule = {
  summary:
    'imgs [3, S, S] and poses [136]: the head of an image, uint8 [H, W, 3], by its landmarks [68, 2] in pixels',
  async apply({ config, inputs }) {
    const schema = z.strictObject({
      mode,
      image_size: size.default(256),
      crop_data: z.literal(true).default(true),
    });
    const { image_size } = parseOptions(schema, config);
    const { data, shape } = inputOf(inputs, 'image', 3);
    if (!(data instanceof Uint8Array)) throw new InputError('input image: not uint8');
    const photo = { data: Uint8Array.from(data), width: shape[1]!, height: shape[0]! };
    const landmarks = Float64Array.from(inputOf(inputs, 'landmarks', 2).data, Number);
    const { image, pose } = headInput(photo, landmarks, image_size);
    return new Map([
      ['imgs', floats(image, [3, image_size, image_size])],
      ['poses', floats(pose, [pose.length])],
    ]);
  },
};

const stickman: AppliedModule = {
  summary: 'stickmen [N, 3, S, S]: drawings of poses [N, 136]',
  async apply({ config, inputs }) {
    const schema = z.strictObject({
      mode,
      image_size: size.default(256),
      stickmen_thickness: z.literal(2).default(2),
      folder_postfix: z.literal('2d').default('2d'),
    });
    const { image_size } = parseOptions(schema, config);
    const poses = inputOf(inputs, 'poses', 2);
    const [count, width] = poses.shape as [number, number];
    const each = 3 * image_size ** 2;
    const drawn = new Float32Array(count * each);
    for (let i = 0; i < count; i++) {
      const pose = Float32Array.from(poses.data.slice(i * width, (i + 1) * width), Number);
      drawn.set(planes(drawStickman(pose, image_size)), i * each);
    }
    return new Map([['stickmen', floats(drawn, [count, 3, image_size, image_size])]]);
  },
};

const metrics = tracedModule({
  summary: 'ssim of fake and real [N, 3, H, W], all together and ssim_per_image',
  config: z.strictObject({
    mode,
    part: z.literal('ssim'),
    window_size: size.default(11),
    sigma: z.number().positive().default(1.5),
    c1: z.number().positive().default(1e-4),
    c2: z.number().positive().default(9e-4),
  }),
  build: ({ window_size: window, sigma, c1, c2 }) => ({
    forward(inputs) {
      const each = ssim(inputs.get('fake'), inputs.get('real'), { window, sigma, c1, c2 });
      return { ssim: mean(each), ssim_per_image: each };
    },
  }),
});

const share = z.number().min(0).max(1);
const number = z.number();
const color = z.tuple([number, number, number]);

const HeadOptions = z.strictObject({
  mode,
  image_size: size,
  supersampling: size.default(2),
  gender: number,
  age: share,
  bald: share,
  beard: share,
  glasses: number,
  smile: number,
  mouth: share,
  eyes: number,
  brow: number,
  yaw: number,
  pitch: number,
  roll: number,
  scale: number.positive(),
  tx: number,
  ty: number,
  id: z.array(number).length(8),
  skin: share,
  hair: share,
  iris: share,
  cloth: color,
  /** Of the top, then of the bottom. */
  bg: z.tuple([number, number, number, number, number, number]),
  light: z.array(number).length(9),
});

const syntheticHead: AppliedModule = {
  summary:
    'a procedural head of the options: image [3, S, S] and mask [1, S, S] in [0, 1], landmarks [68, 2] in pixels',
  async apply({ config }) {
    const o = parseOptions(HeadOptions, config);
    const { image_size: side, supersampling, bald, id, tx, ty, bg, ...same } = o;
    const parameters: HeadParameters = {
      ...same,
      person: 0,
      baldness: bald,
      identity: id,
      shift: [tx, ty],
      background: [
        [bg[0], bg[1], bg[2]],
        [bg[3], bg[4], bg[5]],
      ],
    };
    const { image, mask, landmarks } = renderHead(parameters, { size: side, supersampling });
    return new Map([
      [
        'image',
        floats(
          planes(image).map((v) => (v + 1) / 2),
          [3, side, side],
        ),
      ],
      ['mask', floats(Float32Array.from(mask), [1, side, side])],
      ['landmarks', floats(Float32Array.from(landmarks), [68, 2])],
    ]);
  },
};

export const pictureModules: Readonly<Record<string, AppliedModule>> = {
  preprocess,
  stickman,
  metrics,
  'synthetic-head': syntheticHead,
};
