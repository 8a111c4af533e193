/**
 * @module Pictures that are edited: a generator, what tells what its pictures show, and a flow between the two.
 */
import { NDArray } from '@sextant/engine';
import type { Image } from '@sextant/image/web';
import { InputError, within } from '@sextant/io/web';
import { partBytes } from '#parts';
import { type AttributeTable, firstDifference, type Shown } from './attributes.js';
import { checkEncoder } from './encoder/config.js';
import { PictureEncoder } from './encoder/infer.js';
import { decodeEncoder, encoderOf } from './encoder/weights.js';
import { decodeEstimator, estimatorOf } from './estimator/weights.js';
import { decodeFlow, flowOf } from './flow/weights.js';
import { Observer } from './observer.js';
import { type DescentOptions, nearestInW, type ProjectionParts, project, STEPS } from './project.js';
import { type Resemblance, STRANGEST, Yardstick } from './resemblance.js';
import { CodeEditor, EditSession, type Encoded } from './session.js';
import { type SampleOptions, Synthesizer } from './stylegan2/synthesizer.js';

/** What an editor consists of. */
export interface EditorParts {
  readonly synthesizer: Synthesizer;
  readonly observer: Observer;
  readonly codes: CodeEditor;
  /** Finds codes of pictures in one pass. */
  readonly encoder?: PictureEncoder;
}

/** The code of a picture, and how the two compare; how strange the picture is is told by the code that was begun with. */
export interface Projection extends Resemblance {
  /** [rows, D] */
  readonly code: NDArray;
}

export interface ProjectOptions extends DescentOptions {
  /** What {@link Editor.nearest} told of the picture; it is asked if absent. */
  readonly start?: Projection;
}

/** Random codes are drawn towards their mean by so much, unless something else is asked for. */
const TRUNCATION = 0.7;

/**
 * Edits pictures of a generator. Codes are rows of W+ [rows, D].
 *
 * @example
 * const editor = await Editor.load();
 * const [code] = await editor.sample(1);
 * const session = await editor.open(code);
 * await session.set({ age: 0.9, glasses: 1 });
 * const picture = await session.render();
 */
export class Editor {
  private readonly yardstick: Yardstick;

  /** @throws InputError when the parts do not fit together. */
  constructor(readonly parts: EditorParts) {
    const { synthesizer, observer, codes, encoder } = parts;
    const { size, styleDim } = synthesizer.config;
    this.yardstick = new Yardstick(synthesizer);
    const { dimension, contextFeatures } = codes.flow.config;
    if (dimension !== styleDim) {
      throw new InputError(`the flow edits codes of ${dimension} numbers, the generator's have ${styleDim}`);
    }
    const { outFeatures, size: seen } = observer.estimator.config;
    if (outFeatures !== contextFeatures || seen !== size) {
      throw new InputError(
        `the estimator tells ${outFeatures} numbers of pictures of ${seen}, the flow takes ${contextFeatures}, the generator makes pictures of ${size}`,
      );
    }
    const difference = firstDifference(observer.table, codes.table);
    if (difference) {
      const [told, taken] = difference;
      throw new InputError(
        `the estimator and the flow are of different attributes: the one tells ${told} where the other takes ${taken}; train both with the same --table`,
      );
    }
    const { latentCount } = synthesizer;
    const beyond = codes.table.attributes.find(({ rows }) => rows[0] >= latentCount);
    if (beyond) {
      throw new InputError(
        `${beyond.name} edits rows ${beyond.rows.join(' to ')}, the generator's codes have ${latentCount}`,
      );
    }
    if (encoder) checkEncoder(encoder.encoder.config, synthesizer.config);
  }

  /**
   * An editor of `generator.safetensors`, `estimator.safetensors`, `flow.safetensors` and, where it is there, `encoder.safetensors`. Of run folders: {@link loadEditor}.
   *
   * @param folder - where these are, in a browser a URL; nothing for those that come with the package.
   * @throws InputError naming what is missing or wrong.
   */
  static async load(folder?: string | URL): Promise<Editor> {
    const part = async <T>(name: string, decode: (bytes: Uint8Array) => T): Promise<T> => {
      const bytes = await partBytes(name, folder);
      return within(name, () => decode(bytes));
    };
    const [synthesizer, estimator, flow, encoder] = await Promise.all([
      part('generator', Synthesizer.fromBytes),
      part('estimator', decodeEstimator),
      part('flow', decodeFlow),
      partBytes('encoder', folder, { optional: true }),
    ]);
    return new Editor({
      synthesizer,
      observer: new Observer(estimatorOf(estimator), estimator.config.table),
      codes: new CodeEditor(flowOf(flow), flow.config.table),
      ...(encoder && {
        encoder: within('encoder', () => new PictureEncoder(encoderOf(decodeEncoder(encoder)))),
      }),
    });
  }

  /** What may be edited. */
  get table(): AttributeTable {
    return this.parts.codes.table;
  }

  /** Codes of random pictures. @throws RangeError for a count that is no whole number from 1 up. */
  async sample(count: number, { seed = 0, truncation = TRUNCATION }: SampleOptions = {}): Promise<NDArray[]> {
    if (!Number.isInteger(count) || count < 1)
      throw new RangeError(`${count} codes are asked for; give a whole number from 1 up`);
    return this.inAllRows(await this.parts.synthesizer.sample(count, { seed, truncation }));
  }

  /** Codes of pictures that show what is asked of each, drawn through the flow. */
  async sampleShowing(shown: readonly Shown[], seed = 0): Promise<NDArray[]> {
    return this.inAllRows(await this.parts.codes.sample(shown, seed));
  }

  /**
   * Begins to edit a code [rows, D]. Where it is not known what it shows, its picture is looked at.
   *
   * @throws InputError when it is none of the generator's, or holds something else than finite numbers.
   */
  async open(code: NDArray, shown?: Shown): Promise<PictureSession> {
    this.checkCode(code);
    const source = shown ?? (await this.look([code]))[0]!;
    return new PictureSession(this, source, await this.parts.codes.begin(code, source));
  }

  /** Pictures of codes. */
  async render(codes: readonly NDArray[]): Promise<Image[]> {
    if (codes.length === 0) return [];
    return this.parts.synthesizer.images(stacked(codes));
  }

  /** What the pictures of codes show. */
  async look(codes: readonly NDArray[]): Promise<Shown[]> {
    return this.parts.observer.look(await this.render(codes));
  }

  /**
   * The code by which the generator would make a picture by itself: the encoder's, which takes one pass, or, where there is no encoder,
   * the nearest in W, by descent.
   */
  async nearest(picture: Image, options?: DescentOptions): Promise<Projection> {
    const { encoder } = this.parts;
    const code = encoder
      ? (await encoder.encode([picture]))[0]!
      : await nearestInW(await this.projectionParts(), picture, options);
    return { code, ...(await this.yardstick.measure(picture, code)) };
  }

  /** Pictures that are stranger than this show something else than the generator makes. */
  get strangest(): number {
    return this.parts.encoder ? STRANGEST.byEncoder : STRANGEST.inW;
  }

  /** The code in W+ that makes a picture best, by descent from the nearest one; see {@link project}. */
  async project(picture: Image, { start, ...options }: ProjectOptions = {}): Promise<Projection> {
    const nearest = start ?? (await this.nearest(picture));
    const steps = this.parts.encoder ? STEPS.fromEncoder : STEPS.fromW;
    const code = await project(await this.projectionParts(), picture, nearest.code, { steps, ...options });
    const { error } = await this.yardstick.measure(picture, code);
    // Codes of W+ make whatever is asked for, so only the nearest one tells what the picture is.
    return { code, error, strangeness: nearest.strangeness };
  }

  /** Frees the compiled programs. */
  async release(): Promise<void> {
    const { synthesizer, observer, codes, encoder } = this.parts;
    await Promise.all([synthesizer, observer, codes, encoder].map((part) => part?.release()));
  }

  private async projectionParts(): Promise<ProjectionParts> {
    const { synthesizer, observer } = this.parts;
    return {
      generator: synthesizer.generator,
      meanLatent: await synthesizer.meanLatent(),
      latentDeviation: await synthesizer.latentDeviation(),
      estimator: observer.estimator,
    };
  }

  private checkCode({ data, shape }: NDArray): void {
    const { latentCount, config } = this.parts.synthesizer;
    const wanted = [latentCount, config.styleDim];
    if (shape.slice(-2).join() !== wanted.join() || data.length !== latentCount * config.styleDim) {
      throw new InputError(
        `a code of shape [${shape.join(', ')}]; the generator's are [${wanted.join(', ')}]`,
      );
    }
    const bad = data.findIndex((v) => !Number.isFinite(Number(v)));
    if (bad >= 0) throw new InputError(`a code whose number ${bad} is ${data[bad]}`);
  }

  /** Codes of W [n, D] or [n, 1, D] as rows of W+, all the same. */
  private inAllRows({ data, shape }: NDArray): NDArray[] {
    const [n, dimension] = [shape[0]!, shape.at(-1)!];
    const rows = this.parts.synthesizer.latentCount;
    return Array.from({ length: n }, (_, i) => {
      const code = new Float32Array(rows * dimension);
      for (let row = 0; row < rows; row++) {
        code.set((data as Float32Array).subarray(i * dimension, (i + 1) * dimension), row * dimension);
      }
      return new NDArray(code, [rows, dimension], 'float32');
    });
  }
}

/** A picture that is edited. */
export class PictureSession extends EditSession {
  constructor(
    private readonly pictures: Editor,
    source: Shown,
    code: Encoded,
  ) {
    super(pictures.parts.codes, source, code);
  }

  /** The picture after the edits that were asked for. */
  render(): Promise<Image> {
    return this.inTurn(async () => (await this.pictures.render([this.w]))[0]!);
  }
}

/** Codes [rows, D] or [1, rows, D] as one array [n, rows, D]. @throws RangeError when there are none, or of several shapes. */
export function stacked(codes: readonly NDArray[]): NDArray<'float32'> {
  const shapes = new Set(codes.map(({ shape }) => shape.slice(-2).join(' × ')));
  if (shapes.size !== 1)
    throw new RangeError(`codes of one shape are needed, not of ${[...shapes].join(', ') || 'none'}`);
  const [rows, dimension] = codes[0]!.shape.slice(-2) as [number, number];
  const data = new Float32Array(codes.length * rows * dimension);
  for (const [i, code] of codes.entries()) data.set(code.data as Float32Array, i * rows * dimension);
  return new NDArray(data, [codes.length, rows, dimension], 'float32');
}
