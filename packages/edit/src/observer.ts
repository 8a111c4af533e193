/**
 * @module What pictures show, told by a trained estimator.
 */
import { NDArray, type Program, program, type Tensor } from '@sextant/engine';
import type { Image } from '@sextant/image/web';
import { type AttributeTable, type Shown, shownBy } from './attributes.js';
import type { Estimator } from './estimator/model.js';
import { planesOf } from './estimator/planes.js';

/** Pictures that go through the network at once. */
const BATCH = 64;

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
    for (let from = 0; from < images.length; from += BATCH) {
      const part = images.slice(from, from + BATCH);
      const planes = new Float32Array(part.length * 3 * size * size);
      for (const [i, image] of part.entries()) planes.set(planesOf(image, size).data, i * 3 * size * size);
      const { data } = await this.estimate(new NDArray(planes, [part.length, 3, size, size], 'float32'));
      for (let i = 0; i < part.length; i++) {
        shown.push(shownBy(Array.from(data.slice(i * outFeatures, (i + 1) * outFeatures), Number)));
      }
    }
    return shown;
  }

  /** Frees the compiled program. */
  release(): Promise<void> {
    return this.estimate.release();
  }
}
