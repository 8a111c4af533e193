/**
 * @module Sheets of samples that show how a training goes.
 */
import { join } from 'node:path';
import { Generator, type NDArray, program, type Tensor } from '@sextant/engine';
import { encodePng, type Image, sheet } from '@sextant/image';
import { makeFolder, writeFile } from '@sextant/io';
import { collate, type Run } from '@sextant/train';
import { type Pair, pairs } from './data/pairs.js';
import type { Footage } from './data/view.js';
import { driven } from './evaluation/self-driving.js';
import type { AvatarNetworks } from './networks.js';
import { picturesOf } from './pictures.js';

/** People of a sheet. */
const ROWS = 6;

const COLUMNS = ['source', 'pose', 'texture', 'coarse', 'result', 'truth'] as const;

/** Always the same people in the same poses: a row for each. */
export class SampleSheet {
  readonly #program;

  private constructor(
    networks: AvatarNetworks,
    private readonly pair: Pair,
  ) {
    this.#program = program((pair: Pair<Tensor>) => driven(networks, pair), { name: 'samples' });
  }

  /** @param sources - frames of a source. */
  static async of(networks: AvatarNetworks, footage: Footage, sources: number): Promise<SampleSheet> {
    const dataset = pairs(footage, { sources, drawn: false });
    const random = new Generator(0);
    const rows = Array.from({ length: Math.min(ROWS, footage.length) }, (_, i) => dataset.get(i, random));
    return new SampleSheet(networks, collate(await Promise.all(rows)) as Pair);
  }

  async draw(): Promise<Image> {
    const { source, target } = this.pair;
    const { images, masks, lowFrequency, texture } = await this.#program(this.pair as never);
    const rows = source.images.shape[0]!;
    const each = (made: NDArray, masks?: NDArray) => {
      const all = picturesOf(made, masks);
      return Array.from({ length: rows }, (_, i) => all[(i * all.length) / rows]!);
    };
    const columns: Record<(typeof COLUMNS)[number], Image[]> = {
      source: each(source.images),
      pose: each(target.stickmen),
      texture: each(texture),
      coarse: each(lowFrequency),
      result: each(images, masks),
      truth: each(target.images, target.masks),
    };
    const cells = Array.from({ length: rows }, (_, i) => COLUMNS.map((name) => columns[name][i]!));
    const size = source.images.shape.at(-1)!;
    return sheet(cells.flat(), { columns: COLUMNS.length, columnLabels: COLUMNS, cell: Math.max(size, 64) });
  }

  /** For the run's folder and for TensorBoard. */
  async write(run: Run, step: number): Promise<void> {
    const png = await encodePng(await this.draw());
    const folder = join(run.folder, 'samples');
    await makeFolder(folder);
    await writeFile(join(folder, `step-${String(step).padStart(8, '0')}.png`), [png]);
    run.tensorboard.image(step, 'samples', png);
  }

  release(): Promise<void> {
    return this.#program.release();
  }
}
