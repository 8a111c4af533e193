/**
 * @module Pictures of heads that are edited: a generator, what tells what its pictures show, and a flow between the two.
 */
import { NDArray, type Program, program, Generator as Random, type Tensor } from '@sextant/engine';
import type { Image } from '@sextant/image';
import { InputError } from '@sextant/io';
import { type AttributeTable, type Shown, shownBy } from './attributes.js';
import { planesOf } from './estimator/data.js';
import type { Estimator } from './estimator/model.js';
import type { Flow } from './flow/flow.js';
import { CodeEditor, type EditSession } from './session.js';
import type { Generator } from './stylegan2/generator.js';

/** Codes that go through a network at once. */
const BATCH = 32;

/** What an editor consists of. */
export interface EditorParts {
  readonly generator: Generator;
  /** The mean of w [D], towards which codes are drawn. */
  readonly meanLatent: NDArray;
  readonly estimator: Estimator;
  readonly flow: Flow;
  readonly table: AttributeTable;
}

export interface SampleOptions {
  readonly seed?: number;
  /** How far codes keep from the mean of w: 1 as they come (0.7). */
  readonly truncation?: number;
}

/**
 * Edits pictures of a generator.
 *
 * @example
 * const editor = await Editor.load();
 * const [code] = await editor.sample(1);
 * const session = await editor.open(code);
 * await session.set({ age: 50, glasses: 1 });
 * const [picture] = await editor.render([session.w]);
 */
export class Editor {
  readonly codes: CodeEditor;
  private readonly mapping: Program<[Tensor], Tensor>;
  private readonly synthesis: Program<[Tensor], Tensor>;
  private readonly estimation: Program<[Tensor], Tensor>;

  /** @throws InputError when the parts do not fit together. */
  constructor(readonly parts: EditorParts) {
    const { generator, meanLatent, estimator, flow, table } = parts;
    const { size, styleDim } = generator.config;
    if (flow.config.dimension !== styleDim || meanLatent.size !== styleDim) {
      throw new InputError(
        `the flow edits codes of ${flow.config.dimension} numbers, the generator's have ${styleDim}`,
      );
    }
    if (estimator.config.size !== size || estimator.config.outFeatures !== flow.config.contextFeatures) {
      throw new InputError(
        `the estimator tells ${estimator.config.outFeatures} numbers of pictures of ${estimator.config.size}, the flow takes ${flow.config.contextFeatures}, the generator makes pictures of ${size}`,
      );
    }
    this.codes = new CodeEditor(flow, table);
    const rows = generator.latentCount;
    this.mapping = program((z: Tensor) => generator.eval((g) => g.map(z)), {
      name: 'mapping',
      freeze: true,
      inputs: [{ shape: ['N', styleDim] }],
    });
    this.synthesis = program((w: Tensor) => generator.eval((g) => g.synthesize(w).image), {
      name: 'synthesis',
      freeze: true,
      inputs: [{ shape: ['N', rows, styleDim] }],
    });
    this.estimation = program((images: Tensor) => estimator.eval((e) => e.forward(images)), {
      name: 'estimation',
      freeze: true,
      inputs: [{ shape: ['N', 3, size, size] }],
    });
  }

  /** What may be edited. */
  get table(): AttributeTable {
    return this.parts.table;
  }

  /** Width and height of pictures. */
  get size(): number {
    return this.parts.generator.config.size;
  }

  /** Codes [rows, D] of random pictures. */
  async sample(count: number, { seed = 0, truncation = 0.7 }: SampleOptions = {}): Promise<NDArray[]> {
    const z = new Random(seed).normalArray([count, this.parts.generator.config.styleDim]);
    return this.rowsOf(await this.mapping(z), truncation);
  }

  /** Codes of pictures that show what is asked of each: drawn through the flow. */
  async sampleShowing(
    shown: readonly Shown[],
    { seed = 0, truncation = 1 }: SampleOptions = {},
  ): Promise<NDArray[]> {
    return this.rowsOf(await this.codes.sample(shown, seed), truncation);
  }

  /** Begins to edit a code [rows, D]. Where it is not known what it shows, its picture is looked at. */
  async open(code: NDArray, shown?: Shown): Promise<EditSession> {
    return this.codes.open(code, shown ?? (await this.look([code]))[0]!);
  }

  /** Pictures of codes [rows, D]. */
  async render(codes: readonly NDArray[]): Promise<Image[]> {
    const images: Image[] = [];
    for (const planes of await this.planes(codes)) images.push(...imagesOf(planes));
    return images;
  }

  /** What the pictures of codes show. */
  async look(codes: readonly NDArray[]): Promise<Shown[]> {
    const found: Shown[] = [];
    for (const planes of await this.planes(codes)) found.push(...(await this.estimated(planes)));
    return found;
  }

  /** What pictures show. */
  async lookAt(images: readonly Image[]): Promise<Shown[]> {
    const found: Shown[] = [];
    for (let from = 0; from < images.length; from += BATCH) {
      const planes = images.slice(from, from + BATCH).map((image) => planesOf(image, this.size));
      found.push(...(await this.estimated(together(planes))));
    }
    return found;
  }

  /** Frees the compiled programs. */
  async release(): Promise<void> {
    await Promise.all([
      this.codes.release(),
      this.mapping.release(),
      this.synthesis.release(),
      this.estimation.release(),
    ]);
  }

  /** Codes w [n, D] or [n, 1, D], drawn towards the mean, with the same numbers in all rows. */
  private rowsOf(w: NDArray, truncation: number): NDArray[] {
    const { meanLatent, generator } = this.parts;
    const [rows, mean] = [generator.latentCount, meanLatent.data as Float32Array];
    return apart(w).map(({ data }) => {
      const code = new Float32Array(rows * mean.length);
      for (const [at] of code.entries()) {
        const k = at % mean.length;
        code[at] = mean[k]! + truncation * (Number(data[k]) - mean[k]!);
      }
      return new NDArray(code, [rows, mean.length], 'float32');
    });
  }

  /** Pictures [n, 3, S, S] of codes, batch by batch. */
  private async planes(codes: readonly NDArray[]): Promise<NDArray[]> {
    const batches: NDArray[] = [];
    for (let from = 0; from < codes.length; from += BATCH)
      batches.push(await this.synthesis(together(codes.slice(from, from + BATCH).map(withoutBatch))));
    return batches;
  }

  private async estimated(planes: NDArray): Promise<Shown[]> {
    return apart(await this.estimation(planes)).map(({ data }) => shownBy(Array.from(data, Number)));
  }
}

/** [1, rows, D] as [rows, D]. */
const withoutBatch = (code: NDArray): NDArray =>
  code.shape.length === 3 ? new NDArray(code.data, code.shape.slice(1), code.dtype) : code;

/** Arrays of one shape as one [n, …]. */
function together(arrays: readonly NDArray[]): NDArray<'float32'> {
  const { size, shape } = arrays[0]!;
  const data = new Float32Array(arrays.length * size);
  for (const [i, a] of arrays.entries()) data.set(a.data as Float32Array, i * size);
  return new NDArray(data, [arrays.length, ...shape], 'float32');
}

/** An array [n, …] as n arrays. */
function apart({ data, shape, size }: NDArray): NDArray[] {
  const each = size / shape[0]!;
  return Array.from(
    { length: shape[0]! },
    (_, i) => new NDArray((data as Float32Array).slice(i * each, (i + 1) * each), shape.slice(1), 'float32'),
  );
}

/** Values from -1 to 1 [n, 3, H, W] as pictures. */
function imagesOf(planes: NDArray): Image[] {
  const [, , height, width] = planes.shape as [number, number, number, number];
  const plane = width * height;
  return apart(planes).map(({ data }) => {
    const pixels = new Uint8Array(3 * plane);
    for (let i = 0; i < plane; i++) {
      for (let c = 0; c < 3; c++) {
        const value = Math.round(127.5 * (Number(data[c * plane + i]) + 1));
        pixels[3 * i + c] = Math.min(Math.max(value, 0), 255);
      }
    }
    return { width, height, data: pixels };
  });
}
