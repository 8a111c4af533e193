/**
 * @module Networks from what a path names: a file of ours or a run folder.
 */

import { existsSync } from 'node:fs';
import type { NDArray } from '@sextant/engine';
import { embeddedPath, InputError, isFolder, within } from '@sextant/io';
import { checkpointPath, componentTensors, readCheckpoint, readConfig, readModel } from '@sextant/train';
import { AvatarModel } from './infer.js';
import { type TrainConfig, TrainSchema } from './train-config.js';
import { type AvatarWeights, decodeWeights, networksOf } from './weights.js';

const measured = ({ validated }: TrainConfig): boolean => validated > 0;

/** A file of ours, or the best checkpoint of a run folder (the last one where nothing was measured). @throws InputError */
export const readAvatarWeights = (path: string): Promise<AvatarWeights> =>
  readModel(path, {
    decode: decodeWeights,
    schema: TrainSchema,
    configOf: ({ networks, stage }) => ({ networks, enhancer: stage === 'enhancer' }),
    component: 'networks',
    measured,
  });

/** The discriminator that was trained in a run folder, at the same step as {@link readAvatarWeights}; none of a file. */
export async function readDiscriminator(path: string): Promise<Map<string, NDArray> | undefined> {
  if (!(await isFolder(path))) return undefined;
  const config = await readConfig(path, TrainSchema);
  const checkpoint = await readCheckpoint(await checkpointPath(path, measured(config) ? 'best' : 'latest'));
  return componentTensors(checkpoint, 'discriminator');
}

/** Weights that come with the package. */
const EMBEDDED = 'avatar.safetensors';

/**
 * Networks of a file of ours or a run folder; those that come with the package if absent.
 *
 * @throws InputError naming what is missing or wrong.
 */
export async function loadAvatarModel(path = embeddedPath(EMBEDDED, import.meta.url)): Promise<AvatarModel> {
  if (!existsSync(path)) {
    throw new InputError(
      `there is no ${path}: give --weights, a run folder of avatar train or a file of avatar import or export`,
    );
  }
  const weights = await readAvatarWeights(path);
  return within(path, () => new AvatarModel(networksOf(weights)));
}
