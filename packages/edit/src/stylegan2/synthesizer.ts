/**
 * @module Generators in use: latents and the pictures of them.
 */
import {
  mean,
  NDArray,
  type Program,
  program,
  Generator as Random,
  type Tensor,
  TensorError,
} from '@sextant/engine';
import { blank, type Image } from '@sextant/image/web';
import type { ModelConfig } from './config.js';
import type { Generator } from './generator.js';
import { decodeGenerator, encodeGenerator, type GeneratorWeights } from './weights.js';

/** Latents whose mean and deviations stand for those of all. */
const MEAN_OF = 4096;
/** Pixels that are computed at once: pictures of 256 one by one. */
const PIXELS = 2 ** 16;

export interface SampleOptions {
  /** Fixes the latents (0). */
  readonly seed?: number;
  /** How far latents are from their mean: 1 as they are, 0 all at the mean (1). */
  readonly truncation?: number;
}

/**
 * A trained generator.
 *
 * @example
 * const synthesizer = await loadSynthesizer('generator.safetensors');
 * const images = await synthesizer.images(await synthesizer.sample(16, { truncation: 0.7 }));
 * await writePng('sheet.png', sheet(images));
 */
export class Synthesizer {
  readonly config: ModelConfig;
  private readonly toW: Program<[Tensor], Tensor>;
  private readonly toImage: Program<[Tensor], Tensor>;
  private average: NDArray | undefined;
  private deviation: NDArray<'float32'> | undefined;

  /** @param options.freeze - whether weights stay as they are (true), which is faster; otherwise later changes count. */
  constructor(
    private readonly weights: GeneratorWeights,
    { freeze = true }: { readonly freeze?: boolean } = {},
  ) {
    const { generator, meanLatent } = weights;
    const { styleDim } = generator.config;
    this.config = generator.config;
    this.average = meanLatent;
    this.toW = program((z: Tensor) => generator.map(z), {
      name: 'mapping',
      freeze,
      inputs: [{ shape: ['N', styleDim] }],
    });
    this.toImage = program((latents: Tensor) => generator.synthesize(latents).image, {
      name: 'synthesis',
      freeze,
      inputs: [{ shape: ['N', generator.latentCount, styleDim] }],
    });
  }

  /** From a file's bytes, as {@link save} makes them. @throws InputError when they are anything else. */
  static fromBytes(bytes: Uint8Array): Synthesizer {
    return new Synthesizer(decodeGenerator(bytes));
  }

  /** The network. */
  get generator(): Generator {
    return this.weights.generator;
  }

  /** Rows of w+. */
  get latentCount(): number {
    return this.generator.latentCount;
  }

  /** w [N, styleDim] of z [N, styleDim]. */
  map(z: NDArray): Promise<NDArray> {
    return this.toW(z);
  }

  /** The mean of w [styleDim]: what came with the weights, or that of 4096. */
  async meanLatent(): Promise<NDArray> {
    if (this.average) return this.average;
    const average = program((w: Tensor) => mean(w, { axes: 0 }), { name: 'mean' });
    this.average = await average(await this.many());
    await average.release();
    return this.average;
  }

  /** How far w is from its mean in each of its numbers: roots of mean squares of 4096 [styleDim], 1 where it does not vary. */
  async latentDeviation(): Promise<NDArray<'float32'>> {
    if (this.deviation) return this.deviation;
    const { data } = await this.many();
    const { data: mean } = await this.meanLatent();
    const squares = new Float64Array(this.config.styleDim);
    for (const [i, v] of data.entries()) {
      const k = i % squares.length;
      squares[k]! += (Number(v) - Number(mean[k])) ** 2;
    }
    const values = Float32Array.from(squares, (sum) => Math.sqrt(sum / MEAN_OF) || 1);
    this.deviation = new NDArray(values, [values.length], 'float32');
    return this.deviation;
  }

  /** Latents w [count, styleDim] of random z. */
  async sample(count: number, { seed = 0, truncation = 1 }: SampleOptions = {}): Promise<NDArray<'float32'>> {
    const w = await this.map(new Random(seed).normalArray([count, this.config.styleDim]));
    const data = Float32Array.from(w.data as Float32Array);
    if (truncation < 1) {
      const { data: mean, size } = await this.meanLatent();
      for (let i = 0; i < data.length; i++) {
        const m = Number(mean[i % size]);
        data[i] = m + truncation * (data[i]! - m);
      }
    }
    return new NDArray(data, w.shape, 'float32');
  }

  /**
   * Pictures [N, 3, S, S] of about -1 to 1.
   *
   * @param latents - w [N, styleDim], or w+ [N, latentCount, styleDim].
   * @throws TensorError for other shapes.
   */
  async render(latents: NDArray): Promise<NDArray<'float32'>> {
    const { size, styleDim } = this.config;
    const rows = rowsOf(latents, this.latentCount, styleDim);
    const [n] = rows.shape as [number];
    const together = Math.max(1, Math.floor(PIXELS / size ** 2));
    const pictures = new Float32Array(n * 3 * size * size);
    const each = this.latentCount * styleDim;
    for (let from = 0; from < n; from += together) {
      const to = Math.min(from + together, n);
      const part = rows.data.subarray(from * each, to * each);
      const made = await this.toImage(new NDArray(part, [to - from, this.latentCount, styleDim], 'float32'));
      pictures.set(made.data as Float32Array, from * 3 * size * size);
    }
    return new NDArray(pictures, [n, 3, size, size], 'float32');
  }

  /** {@link render} as pictures of 0 to 255. */
  async images(latents: NDArray): Promise<Image[]> {
    return toImages(await this.render(latents));
  }

  /** The weights as a file, with the mean of w. */
  async save(): Promise<Uint8Array> {
    return encodeGenerator({ generator: this.generator, meanLatent: await this.meanLatent() });
  }

  /**
   * The generator as an ONNX program of `latents` float32 [N, latentCount, styleDim]: `image` float32 [N, 3, S, S]. Its
   * metadata hold the mean of w, for truncation.
   */
  async export(): Promise<Uint8Array> {
    const exported = program(
      ({ latents }: { readonly latents: Tensor }) => ({ image: this.generator.synthesize(latents).image }),
      {
        name: 'generator',
        inputs: [{ latents: { shape: ['N', this.latentCount, this.config.styleDim] } }],
      },
    );
    const { data } = await this.meanLatent();
    return exported.export({ metadata: { meanLatent: JSON.stringify(Array.from(data, Number)) } });
  }

  /** Always the same w. */
  private many(): Promise<NDArray> {
    return this.map(new Random(0).fork('mean').normalArray([MEAN_OF, this.config.styleDim]));
  }

  /** Frees the compiled programs. */
  async release(): Promise<void> {
    await this.toW.release();
    await this.toImage.release();
  }
}

/** w+ of w or w+. */
function rowsOf({ data, shape }: NDArray, rows: number, dim: number): NDArray<'float32'> {
  const flat = Float32Array.from(data as Float32Array);
  if (shape.length === 3 && shape[1] === rows && shape[2] === dim) return new NDArray(flat, shape, 'float32');
  if (shape.length !== 2 || shape[1] !== dim) {
    throw new TensorError(
      'render',
      `[${shape.join(', ')}] are no latents [N, ${dim}] or [N, ${rows}, ${dim}]`,
    );
  }
  const n = shape[0]!;
  const repeated = new Float32Array(n * rows * dim);
  for (let i = 0; i < n * rows; i++) {
    const from = Math.floor(i / rows) * dim;
    repeated.set(flat.subarray(from, from + dim), i * dim);
  }
  return new NDArray(repeated, [n, rows, dim], 'float32');
}

/** Pictures [N, 3, H, W] of -1 to 1 as pixels of 0 to 255. */
export function toImages({ data, shape }: NDArray): Image[] {
  const [n, , height, width] = shape as [number, number, number, number];
  const plane = height * width;
  return Array.from({ length: n }, (_, i) => {
    const image = blank(width, height);
    for (let c = 0; c < 3; c++) {
      const from = (3 * i + c) * plane;
      for (let p = 0; p < plane; p++) {
        const level = Math.round((Number(data[from + p]) + 1) * 127.5);
        image.data[3 * p + c] = Math.min(255, Math.max(0, level));
      }
    }
    return image;
  });
}
