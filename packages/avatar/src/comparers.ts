/**
 * @module Networks that compare pictures, of weights that the user has.
 */
import { fromFile, InputError, stateDict, within } from '@sextant/io';
import { skipInit } from '@sextant/nn';
import { readWeights } from '@sextant/system';
import type { Comparers } from './step.js';
import type { TrainConfig } from './train-config.js';
import { VGG_FACE, VGG19, Vgg, type VggKind } from './vgg.js';

/** @throws InputError when a file of weights cannot be read or is no VGG's. */
export async function readComparers({
  vgg19,
  vggFace,
}: Pick<TrainConfig, 'vgg19' | 'vggFace'>): Promise<Comparers> {
  return {
    ...(vgg19 !== undefined && { vgg19: await readVgg(vgg19, VGG19) }),
    ...(vggFace !== undefined && { vggFace: await readVgg(vggFace, VGG_FACE) }),
  };
}

/** The layers that are compared; a file holds later ones too. */
async function readVgg(path: string, kind: VggKind): Promise<Vgg> {
  const weights = await readWeights(path);
  return within(path, () => {
    const arrays = stateDict(weights);
    const vgg = skipInit(() => new Vgg(kind));
    const own = [...vgg.namedVariables().keys()].map((name) => {
      const array = arrays.get(name);
      if (!array) throw new InputError(`it has no ${name}: give weights of a VGG with torchvision's names`);
      return [name, array] as const;
    });
    fromFile('these are not weights of that VGG', () => vgg.loadStateDict(new Map(own)));
    return vgg;
  });
}
