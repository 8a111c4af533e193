import { NDArray, program, type Tensor } from '@sextant/engine';
import { renderHead } from '@sextant/heads';
import { blank, resize } from '@sextant/image';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { settled, TOY } from '../test/toy.js';
import { cropHead, headBox, headInput, planes, poseInBox } from './crop.js';
import { HeadFootage } from './data/heads.js';
import type { Pair } from './data/pairs.js';
import { grey, shares, type View } from './data/view.js';
import { driven } from './evaluation/self-driving.js';
import { AvatarModel } from './infer.js';
import type { AvatarNetworks } from './networks.js';
import { drawStickman } from './stickman.js';

const SIZE = TOY.imageSize;
const footage = new HeadFootage({ split: 'val', people: 2, frames: 3 }, SIZE);
const head = renderHead(footage.parameters(0, 0), { size: 40 });
const driver = renderHead(footage.parameters(1, 2), { size: 50 });
const mask = grey(head.mask, 40);

const furthest = (x: NDArray, y: { readonly data: ArrayLike<unknown> }): number =>
  x.data.reduce<number>((most, v, i) => Math.max(most, Math.abs(Number(v) - Number(y.data[i]))), 0);

describe.each([true, false])('an avatar (enhancer: %s)', (enhancer) => {
  let networks: AvatarNetworks;
  let model: AvatarModel;
  beforeAll(async () => {
    networks = await settled({ enhancer });
    model = AvatarModel.fromBytes(new AvatarModel(networks).save());
  });

  it('shows what the networks make all at once', async () => {
    const avatar = await model.init(head.image, head.landmarks, mask);
    const frame = await avatar.drive(driver.landmarks);
    const { image, pose } = headInput(head.image, head.landmarks, SIZE);
    const box = headBox(head.landmarks);
    const arrays = (data: Float32Array<ArrayBuffer>, ...shape: number[]) =>
      new NDArray(data, [1, 1, ...shape], 'float32');
    const seen = shares(resize(cropHead(mask, box), SIZE, SIZE, 'bicubic'));
    const source: View = {
      images: arrays(image, 3, SIZE, SIZE),
      masks: arrays(seen, 1, SIZE, SIZE),
      stickmen: arrays(planes(drawStickman(pose, SIZE)), 3, SIZE, SIZE),
      poses: arrays(pose, 136),
    };
    const wanted = arrays(poseInBox(driver.landmarks, headBox(driver.landmarks)), 136);
    const target = { ...source, poses: wanted };
    const all = program((pair: Pair<Tensor>) => driven(networks, pair));
    const expected = await all({ source, target } as never);
    const clamped = { data: Array.from(frame.colors.data, (v) => Math.min(1, Math.max(-1, Number(v)))) };
    expect(furthest(expected.images, clamped)).toBeLessThan(1e-4);
    expect(furthest(expected.masks, frame.mask)).toBeLessThan(1e-4);
    expect(frame.image.width).toBe(SIZE);
    await all.release();
    await avatar.release();
  });

  it('is of its person, and moves', async () => {
    const other = renderHead(footage.parameters(1, 0), { size: 40 });
    const avatar = await model.init(head.image, head.landmarks, mask);
    const second = await model.init(other.image, other.landmarks, grey(other.mask, 40));
    const frame = await avatar.drive(driver.landmarks);
    expect(furthest(frame.colors, (await second.drive(driver.landmarks)).colors)).toBeGreaterThan(1e-3);
    expect(furthest(frame.colors, (await avatar.drive(head.landmarks)).colors)).toBeGreaterThan(1e-3);
    expect(furthest(frame.colors, (await avatar.drive(driver.landmarks)).colors)).toBe(0);
    // The same landmarks anywhere in a picture of any size are the same pose.
    const moved = driver.landmarks.map((v) => 4 * v + 20);
    const fixed = { left: 20, top: 20, size: 200 };
    const near = await avatar.drive(moved, fixed);
    const same = await avatar.drive(driver.landmarks, { left: 0, top: 0, size: 50 });
    expect(furthest(near.colors, same.colors)).toBeLessThan(1e-4);
  });

  it('is exported as one program', async () => {
    const avatar = await model.init(head.image, head.landmarks, mask);
    const session = await InferenceSession.create(await avatar.export());
    const pose = poseInBox(driver.landmarks, headBox(driver.landmarks));
    const found = await session.run({ pose: new OrtTensor('float32', pose, [1, 1, 136]) });
    const { colors } = await avatar.drive(driver.landmarks);
    expect(found.image!.dims).toEqual([1, 1, 3, SIZE, SIZE]);
    const values = new NDArray(Float32Array.from(found.image!.data as Float32Array), colors.shape, 'float32');
    expect(furthest(values, colors)).toBeLessThan(1e-4);
  });

  it('needs no mask, but one of the right size, and 68 landmarks', async () => {
    const without = await model.init(head.image, head.landmarks);
    expect((await without.drive(driver.landmarks)).mask.shape).toEqual([1, SIZE, SIZE]);
    await expect(model.init(head.image, head.landmarks, blank(39, 40))).rejects.toThrow(
      /the mask has 39 × 40 pixels, the photograph 40 × 40/,
    );
    await expect(model.init(head.image, [1, 2])).rejects.toThrow(/2 numbers are no landmarks/);
    await expect(without.drive([1, 2, 3])).rejects.toThrow(/3 numbers are no landmarks/);
  });
});
