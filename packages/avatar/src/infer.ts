/**
 * @module Avatars in use (section 5): all that depends on a person is computed once; each frame is what is left.
 */
import { type Arrays, constant, NDArray, type Program, program, type Tensor } from '@sextant/engine';
import { type Image, resize } from '@sextant/image/web';
import { InputError } from '@sextant/io/web';
import type { Predictions } from './adaptive-generator.js';
import { cropHead, type HeadBox, headBox, headInput, planes, poseInBox } from './crop.js';
import { shares, type View } from './data/view.js';
import { compose } from './inference-generator.js';
import type { AvatarNetworks, People } from './networks.js';
import { picturesOf } from './pictures.js';
import { drawStickman } from './stickman.js';
import { decodeWeights, encodeWeights, networksOf } from './weights.js';

const LANDMARKS = 68;

/** What frames of one person need, and the mask that the networks see in the source. */
interface Embedded<T = Tensor> {
  readonly texture: T;
  readonly predictions: People['predictions'];
  /** [1, 1, 1, S, S] */
  readonly mask: T;
}

/**
 * Trained networks, which make avatars.
 *
 * @example
 * const model = AvatarModel.fromBytes(await fetchBytes('avatar.safetensors'));
 * const avatar = await model.init(photo, landmarks);
 * for (const pose of poses) show((await avatar.drive(pose)).image);
 */
export class AvatarModel {
  private readonly embed: Program<[View<Tensor>], Embedded>;

  constructor(readonly networks: AvatarNetworks) {
    this.embed = program(
      (source: View<Tensor>) =>
        networks.eval(() => {
          const people = networks.embed(source);
          const { masks } = networks.frames(people, source.poses);
          const texture = networks.enhance(people, source, source.poses);
          return { texture, predictions: people.predictions, mask: masks };
        }),
      { name: 'embed', freeze: true },
    );
  }

  /** From a file's bytes, as {@link save} makes them. @throws InputError when they are anything else. */
  static fromBytes(bytes: Uint8Array): AvatarModel {
    return new AvatarModel(networksOf(decodeWeights(bytes)));
  }

  /** Rows and columns of frames. */
  get imageSize(): number {
    return this.networks.config.imageSize;
  }

  /**
   * An avatar of the person in a photograph.
   *
   * @param landmarks - x and y of the 68 landmarks in pixels, in iBUG's order.
   * @param mask - white where the person is, of the photograph's size. Without it the networks first see all of the picture, and then
   * what they took for the person.
   * @throws InputError when there are not 68 landmarks in the photograph, or the mask is of another size.
   */
  async init(photo: Image, landmarks: ArrayLike<number>, mask?: Image): Promise<Avatar> {
    checkLandmarks(landmarks);
    if (mask && (mask.width !== photo.width || mask.height !== photo.height)) {
      throw new InputError(
        `the mask has ${mask.width} × ${mask.height} pixels, the photograph ${photo.width} × ${photo.height}`,
      );
    }
    checkPlace(photo, headBox(landmarks));
    const size = this.imageSize;
    const { image, pose } = headInput(photo, landmarks, size);
    const source = (masks: Float32Array<ArrayBuffer>): View => ({
      images: one(image, [3, size, size]),
      masks: one(masks, [1, size, size]),
      stickmen: one(planes(drawStickman(pose, size)), [3, size, size]),
      poses: one(pose, [pose.length]),
    });
    const whole = new Float32Array(size * size).fill(1);
    const seen = mask
      ? shares(resize(cropHead(mask, headBox(landmarks)), size, size, 'bicubic'))
      : Float32Array.from((await this.embed(source(whole) as never)).mask.data as Float32Array);
    return new Avatar(this.networks, await this.embed(source(seen) as never));
  }

  /** The weights as a file. */
  save(): Uint8Array {
    const { config, texture_enhancer } = this.networks;
    return encodeWeights({
      config: { networks: config, enhancer: texture_enhancer !== undefined },
      state: this.networks.stateDict(),
    });
  }

  /** Frees the compiled program; avatars that were made stay. */
  release(): Promise<void> {
    return this.embed.release();
  }
}

/** A frame of an avatar. */
export interface AvatarFrame {
  /** On white. */
  readonly image: Image;
  /** [3, S, S] in [-1, 1], with what the networks make of the background. */
  readonly colors: NDArray;
  /** [1, S, S] in [0, 1]: 1 where the person is. */
  readonly mask: NDArray;
}

interface Drawn<T = Tensor> {
  readonly image: T;
  readonly mask: T;
}

/** One person, ready to be shown in any pose: weights, statistics and the texture are constants of one small program. */
export class Avatar {
  private readonly frame: Program<[{ readonly pose: Tensor }], Drawn>;
  private readonly size: number;

  constructor(networks: AvatarNetworks, { texture, predictions }: Arrays<Embedded>) {
    const { imageSize, keypoints } = networks.config;
    this.size = imageSize;
    this.frame = program(
      ({ pose }: { readonly pose: Tensor }) =>
        networks.eval(() => {
          const frames = networks.frames({ predictions: constants(predictions) }, pose);
          return { image: compose(frames, constant(texture)).images, mask: frames.masks };
        }),
      { name: 'frame', freeze: true, inputs: [{ pose: { shape: [1, 1, keypoints.poseSize] } }] },
    );
  }

  /**
   * The person in a pose.
   *
   * @param landmarks - x and y of the 68 landmarks in pixels of whatever picture.
   * @param box - where the head is in that picture: where the landmarks are. One box for all frames of a motion keeps the head's own movements
   * and is steadier.
   * @throws InputError when there are not 68 landmarks.
   */
  async drive(landmarks: ArrayLike<number>, box?: HeadBox): Promise<AvatarFrame> {
    checkLandmarks(landmarks);
    const pose = poseInBox(landmarks, box ?? headBox(landmarks));
    const { image, mask } = await this.frame({ pose: one(pose, [pose.length]) });
    const planes = (x: NDArray, channels: number) =>
      new NDArray(x.data, [channels, this.size, this.size], x.dtype);
    return { image: picturesOf(image, mask)[0]!, colors: planes(image, 3), mask: planes(mask, 1) };
  }

  /** As an ONNX program: `pose` float32 [1, 1, 136] to `image` [1, 1, 3, S, S] in [-1, 1] and `mask` [1, 1, 1, S, S]. */
  export(): Promise<Uint8Array> {
    return this.frame.export({ metadata: { imageSize: String(this.size) } });
  }

  /** Frees the compiled program. */
  release(): Promise<void> {
    return this.frame.release();
  }
}

/** @throws InputError */
function checkLandmarks({ length }: ArrayLike<number>): void {
  if (length !== 2 * LANDMARKS)
    throw new InputError(`${length} numbers are no landmarks: x and y of ${LANDMARKS} are needed`);
}

/** Fewer pixels show no face. */
const SMALLEST_BOX = 8;

/** @throws InputError for landmarks that are elsewhere, such as those of other units. */
function checkPlace({ width, height }: Image, { left, top, size }: HeadBox): void {
  const outside = left >= width || top >= height || left + size <= 0 || top + size <= 0;
  if (outside || size < SMALLEST_BOX) {
    throw new InputError(
      `the landmarks are around a place of ${size} × ${size} pixels at (${left}, ${top}) of a photograph of ${width} × ${height}: they must be in its pixels`,
    );
  }
}

const one = (data: Float32Array<ArrayBuffer>, shape: readonly number[]): NDArray<'float32'> =>
  new NDArray(data, [1, 1, ...shape], 'float32');

const constants = ({ blocks, final }: Arrays<Predictions>): Predictions => ({
  blocks: blocks.map(({ norms: [before, between], skip }) => ({
    norms: [before.map((t) => constant(t)), between.map((t) => constant(t))],
    skip: constant(skip),
  })),
  final: final.map((t) => constant(t)),
});
