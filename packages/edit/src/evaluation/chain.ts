/**
 * @module What remains of a code after a long chain of edits, and after all sliders are put back.
 */
import { Generator, type NDArray } from '@sextant/engine';
import type { Image } from '@sextant/image';
import type { Shown } from '../attributes.js';
import type { Editor } from '../editor.js';
import { changeAttribute, changeLight } from '../procedure.js';
import type { CodeEditor, Encoded } from '../session.js';
import { changeOf } from './disentanglement.js';
import { cosine } from './identity.js';
import type { Look, Seen } from './method.js';
import type { Population } from './population.js';
import { distance, mean } from './statistics.js';

export interface ChainOptions {
  /** Edits of each code (50). */
  readonly edits?: number;
  /** Edits between two measurements (10). */
  readonly every?: number;
  /** Of the edits. */
  readonly seed?: number;
  readonly look: Look;
  readonly population: Pick<Population, 'deviations' | 'largest' | 'spread'>;
  /** Another solver than the editor's. */
  readonly codeEditor?: CodeEditor;
}

/** How far codes are from where they began: means over codes, but for the last two. */
export interface ChainPoint {
  /** Random edits that were done. */
  readonly edits: number;
  /** Whether all sliders were then put back to where they began. */
  readonly back: boolean;
  /** |w - w₀| / |w₀| */
  readonly distance: number;
  /** |w - w₀|, relative to the root mean square of the distances of random codes from their mean. */
  readonly spread: number;
  /** Root mean square of the differences of the pictures' levels, of 255. */
  readonly pixels: number;
  /** By attribute: size of the change of what the estimator sees, in deviations. */
  readonly seen: readonly number[];
  /** The same for the light as a whole. */
  readonly light: number;
  /** Of what stands for the person before and now; where persons are told apart. */
  readonly cosine?: number;
  /** Length of the longest row, relative to that of the longest of random codes. */
  readonly largest: number;
  /** Numbers that are not finite. */
  readonly notFinite: number;
}

/**
 * Edits each code many times in a row: a random attribute or light to a random value of its slider. Now and then puts all sliders back to
 * where they began, from where the chain does not go on.
 *
 * @param codes - [rows, D] each.
 * @returns two points for every `every` edits and for the last one: before and after sliders are put back.
 * @throws InputError when the solver cannot go on.
 */
export async function measureChain(
  editor: Editor,
  codes: readonly NDArray[],
  { edits = 50, every = 10, seed = 0, look, population, codeEditor = editor.parts.codes }: ChainOptions,
): Promise<readonly ChainPoint[]> {
  const pictures = await editor.render(codes);
  const sources = await look(codes);
  const chains: Chain[] = [];
  for (const [i, code] of codes.entries()) {
    const random = new Generator(seed).fork(`chain ${i}`);
    chains.push(new Chain(codeEditor, sources[i]!, await codeEditor.begin(code, sources[i]!), random));
  }
  const begun = chains.map(({ w }) => w);
  const points: ChainPoint[] = [];
  const measure = async (done: number, back: boolean, now: readonly NDArray[]) => {
    const [images, seen] = [await editor.render(now), await look(now)];
    const moved = seen.map((s, i) => changeOf(sources[i]!, s, population.deviations));
    const faces = cosines(sources, seen);
    const away = now.map((w, i) => distance(numbers(w), numbers(begun[i]!)));
    points.push({
      edits: done,
      back,
      distance: mean(away.map((d, i) => d / distance(numbers(begun[i]!)))),
      spread: mean(away.map((d, i) => d / (population.spread * Math.sqrt(begun[i]!.shape[1]!)))),
      pixels: mean(images.map((image, i) => pixelError(pictures[i]!, image))),
      seen: editor.table.attributes.map((_, k) =>
        mean(moved.map(({ attributes }) => Math.abs(attributes[k]!))),
      ),
      light: mean(moved.map(({ light }) => light)),
      ...(faces && { cosine: mean(faces) }),
      largest: Math.max(...now.flatMap(rowLengths)) / population.largest,
      notFinite: now.reduce((sum, w) => sum + numbers(w).filter((v) => !Number.isFinite(v)).length, 0),
    });
  };
  for (let done = 1; done <= edits; done++) {
    for (const chain of chains) await chain.edit();
    if (done % every !== 0 && done !== edits) continue;
    await measure(
      done,
      false,
      chains.map(({ w }) => w),
    );
    const back: NDArray[] = [];
    for (const chain of chains) back.push(await chain.back());
    await measure(done, true, back);
  }
  return points;
}

/** A code that is edited at random. Values are not brought into sliders' ranges: the source's may be outside. */
class Chain {
  private readonly strengths = new Map<string, number>();

  constructor(
    private readonly editor: CodeEditor,
    private readonly source: Shown,
    private code: Encoded,
    private readonly random: Generator,
  ) {}

  /** [1, rows, D] */
  get w(): NDArray {
    return this.code.w;
  }

  /** A random attribute or light to a random value. */
  async edit(): Promise<void> {
    const { attributes, lights } = this.editor.table;
    const names = Object.keys(lights);
    const at = this.random.integer(0, attributes.length + names.length);
    if (at < attributes.length) {
      const [low, high] = attributes[at]!.range;
      this.code = await this.set(this.code, at, this.random.uniform(low, high));
    } else {
      this.strengths.set(names[at - attributes.length]!, this.random.uniform());
      this.code = await this.light(this.code, this.strengths);
    }
  }

  /** The code after all sliders are put back; the chain itself stays. */
  async back(): Promise<NDArray> {
    let code = this.code;
    for (const [index, value] of Array.from(this.source.attributes).entries())
      code = await this.set(code, index, value);
    return (await this.light(code, new Map())).w;
  }

  private set(code: Encoded, index: number, value: number): Promise<Encoded> {
    const { table } = this.editor;
    return this.editor.change(code, changeAttribute(table, this.source, code.target, index, value));
  }

  private light(code: Encoded, strengths: ReadonlyMap<string, number>): Promise<Encoded> {
    const { table } = this.editor;
    const lights = [...strengths].map(([name, strength]) => ({ light: table.lights[name]!, strength }));
    return this.editor.change(code, changeLight(table, this.source, code.target, lights));
  }
}

const numbers = ({ data }: NDArray): Float32Array => data as Float32Array;

const rowLengths = (w: NDArray): number[] => {
  const [rows, dimension] = w.shape.slice(-2) as [number, number];
  return Array.from({ length: rows }, (_, row) =>
    distance(numbers(w).subarray(row * dimension, (row + 1) * dimension)),
  );
};

const pixelError = (a: Image, b: Image): number => distance(a.data, b.data) / Math.sqrt(a.data.length);

/** Undefined where persons are not told apart. */
function cosines(sources: readonly Seen[], seen: readonly Seen[]): number[] | undefined {
  const pairs = seen.map(({ face }, i) => [sources[i]!.face, face] as const);
  return pairs.every((pair): pair is [Float32Array, Float32Array] => !pair.includes(undefined))
    ? pairs.map(([a, b]) => cosine(a, b))
    : undefined;
}
