/**
 * @module The work that all sides of the representations' cases do: the same weights, the same pictures.
 */
import { Generator, type NDArray } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { ResNet, resnet18 } from '@sextant/represent';

/** Pictures of a training step. */
export const BATCH = 128;
/** Pictures that are augmented. */
export const PICTURES = 512;

/** ResNet-18 with the stem of CIFAR and random weights: the same in every process. */
export function network(): ResNet {
  manualSeed(0);
  return new ResNet(resnet18('cifar'));
}

/** Normalised pictures [N, 3, 32, 32], and what their vectors [N, 512] are multiplied by. */
export function batch(): { readonly images: NDArray<'float32'>; readonly weights: NDArray<'float32'> } {
  const random = new Generator(1);
  return { images: random.normalArray([BATCH, 3, 32, 32]), weights: random.normalArray([BATCH, 512]) };
}
