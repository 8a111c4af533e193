/**
 * @module Persons in pictures, told apart by a trained embedder.
 */
import { type Program, program, type Tensor } from '@sextant/engine';
import type { Image } from '@sextant/image';
import { batchesOf } from '../estimator/planes.js';
import { type Embedder, vectorsOf } from './model.js';

export class Recognizer {
  private readonly forward: Program<[Tensor], Tensor>;

  constructor(readonly embedder: Embedder) {
    const { size } = embedder.config;
    this.forward = program((images: Tensor) => embedder.eval((e) => e.forward(images)), {
      name: 'recognize',
      freeze: true,
      inputs: [{ shape: ['N', 3, size, size] }],
    });
  }

  /** The cosine from which on two pictures are taken for one person's. */
  get threshold(): number {
    return this.embedder.threshold.value.item();
  }

  /** A vector of length 1 for each picture, of any size. */
  async embed(images: readonly Image[]): Promise<Float32Array[]> {
    const { size } = this.embedder.config;
    const vectors: Float32Array[] = [];
    for (const batch of batchesOf(images, size)) vectors.push(...vectorsOf(await this.forward(batch)));
    return vectors;
  }

  /** Frees the compiled program. */
  release(): Promise<void> {
    return this.forward.release();
  }
}
