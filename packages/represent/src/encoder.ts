/**
 * @module Encoders in use: pictures to vectors (section 5 of the specification).
 */
import { NDArray, type Program, program, type Tensor } from '@sextant/engine';
import type { ImageSet } from '@sextant/image';
import { type Image, toPlanes } from '@sextant/image/web';
import { fromFile, InputError } from '@sextant/io/web';
import { skipInit } from '@sextant/nn';
import { defaultWeights, readBytes } from '#bytes';
import { PIPELINES, type Pipeline, type PipelineName } from './augment/pipelines.js';
import { evaluationView } from './augment/view.js';
import type { ModelConfig } from './config.js';
import { ResNet } from './resnet.js';
import { decodeWeights, type EncoderWeights, encodeWeights } from './weights.js';

/** Pictures that go through the network together. */
const BATCH = 64;

export interface EmbedOptions {
  /** Told after every batch how many pictures are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Vectors of a set's pictures that could be read. */
export interface Embedded {
  /** [N, D], in the set's order. */
  readonly vectors: NDArray<'float32'>;
  /** Numbers of the pictures in the set, ascending [N]. */
  readonly indices: Int32Array;
  /** `name: reason` of those that could not be read. */
  readonly broken: readonly string[];
}

/**
 * A trained encoder.
 *
 * @example
 * const encoder = await Encoder.load();
 * const { vectors } = await encoder.embedSet(await openImages('pictures'));
 * await encoder.release();
 */
export class Encoder {
  private readonly forward: Program<[NDArray | Tensor], Tensor>;
  private readonly pipeline: Pipeline;

  /** @param model - with the weights of `config`'s encoder; later changes of its weights count. */
  constructor(
    readonly config: ModelConfig,
    readonly model: ResNet,
    { freeze = false }: { readonly freeze?: boolean } = {},
  ) {
    this.pipeline = pipelineOf(config.pipeline);
    const { size } = this.pipeline;
    this.forward = program((x: Tensor) => model.eval((m) => m.forward(x)), {
      name: 'encoder',
      freeze,
      inputs: [{ shape: ['N', 3, size, size] }],
    }) as never;
  }

  /**
   * Loads weights of ours. Of run folders: {@link loadEncoder}.
   *
   * @param source - bytes, a path (in a browser: a URL), or nothing for the weights that come with the package.
   * @throws InputError when they are not an encoder's.
   */
  static async load(source?: Uint8Array | string | URL): Promise<Encoder> {
    if (source instanceof Uint8Array) return Encoder.fromBytes(source);
    return Encoder.fromBytes(await (source === undefined ? defaultWeights() : readBytes(source)));
  }

  /** From a file's bytes, as {@link save} makes them. @throws InputError when they are anything else. */
  static fromBytes(bytes: Uint8Array): Encoder {
    return Encoder.of(decodeWeights(bytes));
  }

  /** @throws InputError when the arrays are not those of the configuration. */
  static of({ config, state }: EncoderWeights): Encoder {
    const model = skipInit(() => new ResNet(config.encoder));
    fromFile('these are not weights of the encoder that their configuration describes', () =>
      model.loadStateDict(state),
    );
    return new Encoder(config, model, { freeze: true });
  }

  /** Numbers of a vector. */
  get dimension(): number {
    return this.model.outFeatures;
  }

  /** Vectors [N, D] of pictures of any size. @throws InputError when a picture's pixels are not [H, W, 3]. */
  async embed(images: readonly Image[]): Promise<NDArray<'float32'>> {
    for (const [i, image] of images.entries()) checkPixels(image, i);
    const vectors = new Float32Array(images.length * this.dimension);
    for (let from = 0; from < images.length; from += BATCH) {
      const batch = await this.run(images.slice(from, from + BATCH));
      vectors.set(batch.data as Float32Array, from * this.dimension);
    }
    return new NDArray(vectors, [images.length, this.dimension], 'float32');
  }

  /**
   * Vectors of a whole set, decoded batch by batch. Pictures that cannot be read are left out.
   *
   * @throws InputError when none can be read.
   */
  async embedSet(set: ImageSet, { onProgress = () => {} }: EmbedOptions = {}): Promise<Embedded> {
    const rows: Float32Array[] = [];
    const indices: number[] = [];
    const broken: string[] = [];
    let ahead = this.decoded(set, 0);
    for (let from = 0; from < set.length; from += BATCH) {
      const loaded = await ahead;
      // The next batch is decoded while this one is computed.
      ahead = this.decoded(set, from + BATCH);
      const good = loaded.flatMap((item, i) => ('image' in item ? [{ ...item, index: from + i }] : []));
      broken.push(...loaded.flatMap((item) => ('reason' in item ? [item.reason] : [])));
      if (good.length > 0) rows.push((await this.run(good.map(({ image }) => image))).data as Float32Array);
      indices.push(...good.map(({ index }) => index));
      onProgress(Math.min(from + BATCH, set.length), set.length);
    }
    if (indices.length === 0)
      throw new InputError(`none of the ${set.length} pictures can be read; ${broken[0]}`);
    const vectors = new Float32Array(indices.length * this.dimension);
    let at = 0;
    for (const row of rows) {
      vectors.set(row, at);
      at += row.length;
    }
    return {
      vectors: new NDArray(vectors, [indices.length, this.dimension], 'float32'),
      indices: Int32Array.from(indices),
      broken,
    };
  }

  /** The weights as a file. */
  save(): Uint8Array {
    return encodeWeights({ config: this.config, state: this.model.stateDict() });
  }

  /**
   * The encoder as an ONNX program of `images` float32 [N, 3, S, S], normalised: `vectors` float32 [N, D]. Its metadata say
   * how pictures are prepared.
   */
  export(): Promise<Uint8Array> {
    const { size, normalization } = this.pipeline;
    const exported = program(
      ({ images }: { readonly images: Tensor }) => ({ vectors: this.model.eval((m) => m.forward(images)) }),
      { name: 'encoder', inputs: [{ images: { shape: ['N', 3, size, size] } }] },
    );
    const metadata = { pipeline: this.config.pipeline, normalization: JSON.stringify(normalization) };
    return exported.export({ metadata });
  }

  /** Frees the compiled program. */
  release(): Promise<void> {
    return this.forward.release();
  }

  private decoded(set: ImageSet, from: number): Promise<({ image: Image } | { reason: string })[]> {
    const count = Math.max(0, Math.min(BATCH, set.length - from));
    return Promise.all(
      Array.from({ length: count }, async (_, i) => {
        try {
          return { image: evaluationView(await set.load(from + i), this.pipeline) };
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          return { reason: error.message };
        }
      }),
    );
  }

  private async run(images: readonly Image[]): Promise<NDArray> {
    const { size, normalization } = this.pipeline;
    const each = 3 * size * size;
    const planes = new Float32Array(images.length * each);
    for (const [i, image] of images.entries()) {
      toPlanes(evaluationView(image, this.pipeline), normalization, planes, i * each);
    }
    return this.forward(
      new NDArray(planes, [images.length, 3, size, size], 'float32'),
    ) as unknown as Promise<NDArray>;
  }
}

function checkPixels({ width, height, data }: Image, index: number): void {
  if (width < 1 || height < 1 || data.length !== 3 * width * height)
    throw new InputError(
      `picture ${index}: ${data.length} numbers for ${width} x ${height} pixels; give three a pixel, as fromRGBA makes them`,
    );
}

/** @throws InputError for a name that is not known. */
export function pipelineOf(name: string): Pipeline {
  if (!Object.hasOwn(PIPELINES, name)) {
    throw new InputError(
      `the pipeline ${name} is not known; there are: ${Object.keys(PIPELINES).join(', ')}`,
    );
  }
  return PIPELINES[name as PipelineName];
}
