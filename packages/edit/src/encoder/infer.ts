/**
 * @module Codes of pictures, told by a trained encoder.
 */
import { NDArray, type Program, program, type Tensor } from '@sextant/engine';
import type { Image } from '@sextant/image/web';
import { batchesOf } from '../estimator/planes.js';
import type { Encoder } from './model.js';

export class PictureEncoder {
  private readonly tell: Program<[Tensor], Tensor>;

  constructor(readonly encoder: Encoder) {
    const { size } = encoder.config;
    this.tell = program((images: Tensor) => encoder.eval((e) => e.forward(images)), {
      name: 'encode',
      freeze: true,
      inputs: [{ shape: ['N', 3, size, size] }],
    });
  }

  /** Codes [rows, D] of pictures of any size. */
  async encode(images: readonly Image[]): Promise<NDArray<'float32'>[]> {
    const { size, rows, styleDim } = this.encoder.config;
    const codes: NDArray<'float32'>[] = [];
    for (const batch of batchesOf(images, size)) {
      const data = (await this.tell(batch)).data as Float32Array<ArrayBuffer>;
      for (let i = 0; i < batch.shape[0]!; i++) {
        const code = data.slice(i * rows * styleDim, (i + 1) * rows * styleDim);
        codes.push(new NDArray(code, [rows, styleDim], 'float32'));
      }
    }
    return codes;
  }

  /** Frees the compiled program. */
  release(): Promise<void> {
    return this.tell.release();
  }
}
