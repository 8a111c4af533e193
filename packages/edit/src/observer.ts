/**
 * @module What pictures show, told by a trained estimator.
 */
import { type Program, program, type Tensor } from '@sextant/engine';
import type { Image } from '@sextant/image/web';
import { type AttributeTable, type Shown, shownBy } from './attributes.js';
import type { Estimator } from './estimator/model.js';
import { batchesOf } from './estimator/planes.js';

export class Observer {
  private readonly estimate: Program<[Tensor], Tensor>;

  constructor(
    readonly estimator: Estimator,
    readonly table: AttributeTable,
  ) {
    const { size } = estimator.config;
    this.estimate = program((images: Tensor) => estimator.eval((e) => e.forward(images)), {
      name: 'estimate',
      freeze: true,
      inputs: [{ shape: ['N', 3, size, size] }],
    });
  }

  /** What pictures of any size show. */
  async look(images: readonly Image[]): Promise<Shown[]> {
    const { size, outFeatures } = this.estimator.config;
    const shown: Shown[] = [];
    for (const batch of batchesOf(images, size)) {
      const { data } = await this.estimate(batch);
      for (let at = 0; at < data.length; at += outFeatures) {
        shown.push(shownBy(Array.from(data.slice(at, at + outFeatures), Number)));
      }
    }
    return shown;
  }

  /** Frees the compiled program. */
  release(): Promise<void> {
    return this.estimate.release();
  }
}
