/**
 * @module The views of some pictures: what a thread is asked for, and how it answers.
 */
import { Generator, type GeneratorState, NDArray } from '@sextant/engine';
import {
  type DecodeOptions,
  type Image,
  type ImageSet,
  type Listing,
  openListing,
  type SharedImages,
  sharedImage,
  toPlanes,
} from '@sextant/image';
import { InputError } from '@sextant/io';
import { drawChoices } from './draw.js';
import type { Pipeline } from './pipelines.js';
import { augment } from './view.js';

/** What every thread knows, as plain data. */
export interface ViewSource {
  readonly listing: Listing;
  readonly options: DecodeOptions;
  /** The decoded pictures, where they are kept. */
  readonly images?: SharedImages;
  readonly pipeline: Pipeline;
  /** Views of each picture. */
  readonly samples: number;
}

/** One picture to make views of, and where its random numbers begin. */
export interface ViewItem {
  readonly index: number;
  readonly random: GeneratorState;
}

export interface ViewPart {
  /** [samples, pictures, 3, S, S] */
  readonly views: NDArray<'float32'>;
  /** Pictures that could not be read and were replaced, by `name: reason`. */
  readonly broken: readonly string[];
}

/** Broken pictures one after the other, after which a set is given up. */
const MOST_BROKEN = 100;

/** Makes views of a source's pictures in this thread. */
export class ViewMaker {
  private readonly set: ImageSet;

  constructor(private readonly source: ViewSource) {
    this.set = openListing(source.listing, source.options);
  }

  /** @throws InputError when a hundred pictures in a row cannot be read. */
  async make(items: readonly ViewItem[]): Promise<ViewPart> {
    const { pipeline, samples } = this.source;
    const size = 3 * pipeline.size ** 2;
    const views = new Float32Array(samples * items.length * size);
    const broken: string[] = [];
    const load = (i: number) => (i < items.length ? this.load(items[i]!.index, broken) : undefined);
    let ahead = load(0);
    for (const [i, item] of items.entries()) {
      const image = (await ahead)!;
      // Decoded while this one is worked on.
      ahead = load(i + 1);
      const random = Generator.fromState(item.random);
      for (let sample = 0; sample < samples; sample++) {
        const choices = drawChoices(pipeline, image.width, image.height, random.fork(`${sample}`));
        const view = augment(image, choices, pipeline);
        toPlanes(view, pipeline.normalization, views, (sample * items.length + i) * size);
      }
    }
    const shape = [samples, items.length, 3, pipeline.size, pipeline.size];
    return { views: new NDArray(views, shape, 'float32'), broken };
  }

  close(): Promise<void> {
    return this.set.close();
  }

  /**
   * A picture, or the next one that can be read. Without labels one picture is as good as another, and which takes its
   * place depends on the set alone.
   */
  private async load(index: number, broken: string[]): Promise<Image> {
    if (this.source.images) return sharedImage(this.source.images, index);
    for (let tried = 0; tried < Math.min(MOST_BROKEN, this.set.length); tried++) {
      try {
        return await this.set.load((index + tried) % this.set.length);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        broken.push(error.message);
      }
    }
    throw new InputError(`no picture from ${this.set.name(index)} on can be read; ${broken.at(-1)}`);
  }
}
