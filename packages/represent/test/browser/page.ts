/**
 * @module Encoders in a page: what `import { Encoder } from '@sextant/represent'` gives there.
 */
import { fromRGBA } from '@sextant/image/web';
import { Encoder } from '@sextant/represent';

export interface PageApi {
  /** Loads weights, those that come with the package without any, and embeds pictures of equal size that were drawn on a canvas. */
  embed(weights: readonly number[] | null, size: number, pictures: readonly number[][]): Promise<number[]>;
  /** What the reader of a bad file is told. */
  refusal(weights: readonly number[]): Promise<string>;
}

/** The picture as a page has it, RGBA, and from that without transparency. */
function throughCanvas(rgb: readonly number[], size: number) {
  const context = new OffscreenCanvas(size, size).getContext('2d')!;
  const drawn = context.createImageData(size, size);
  for (let i = 0; i < size * size; i++)
    drawn.data.set([rgb[3 * i]!, rgb[3 * i + 1]!, rgb[3 * i + 2]!, 255], 4 * i);
  context.putImageData(drawn, 0, 0);
  return fromRGBA(context.getImageData(0, 0, size, size));
}

const api: PageApi = {
  embed: async (weights, size, pictures) => {
    const encoder = await Encoder.load(weights === null ? undefined : Uint8Array.from(weights));
    const vectors = await encoder.embed(pictures.map((rgb) => throughCanvas(rgb, size)));
    await encoder.release();
    return [...vectors.data];
  },
  refusal: (weights) =>
    Encoder.load(Uint8Array.from(weights)).then(
      () => '',
      (error: Error) => `${error.name}: ${error.message}`,
    ),
};

Object.assign(globalThis, { api });
