/**
 * @module What several verbs take.
 */
import { Option } from 'commander';
import { readLandmarks, readPicture } from '../data/files.js';
import type { Avatar, AvatarModel } from '../infer.js';

export const weightsOption = (): Option =>
  new Option(
    '--weights <path>',
    'run folder, or .safetensors (default: those that come with Sextant, once there are some)',
  );

export const landmarksOption = (): Option =>
  new Option(
    '--landmarks <file>',
    '68 landmarks of the photograph in its pixels, .npy [68, 2] in the order of iBUG',
  );

export const maskOption = (): Option =>
  new Option(
    '--mask <picture>',
    'white where the person is in the photograph (default: what the networks take for it)',
  );

/** A photograph as verbs are given one. */
export interface Photograph {
  readonly picture: string;
  readonly landmarks: string;
  readonly mask?: string | undefined;
}

/** An avatar of a photograph. @throws InputError naming what is wrong with it. */
export async function avatarOf(
  model: AvatarModel,
  { picture, landmarks, mask }: Photograph,
): Promise<Avatar> {
  return model.init(
    await readPicture(picture),
    await readLandmarks(landmarks),
    mask === undefined ? undefined : await readPicture(mask),
  );
}
