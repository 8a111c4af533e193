/**
 * @module Edits beside the truth: procedural heads are found, edited, and compared with the same heads rendered anew with what was asked for.
 */
import type { NDArray } from '@sextant/engine';
import { ATTRIBUTES, attributesOf, HeadSet, renderHead, withAttributes } from '@sextant/heads';
import type { Image } from '@sextant/image';
import type { AttributeTable } from '../attributes.js';
import type { Editor } from '../editor.js';
import type { EditMethod } from './method.js';

/** By edited attribute. */
export interface TruthFigures {
  readonly method: string;
  /** Share of the true change of the pixels that the edit makes: the projection of its change on it. */
  readonly way: readonly number[];
  /** Cosine between the edit's change and the true one: 1 where nothing else changes. */
  readonly cosine: readonly number[];
}

export interface TruthOptions {
  /** Heads, of people whom no training shows. */
  readonly count: number;
  /** Of their poses, expressions and lights. */
  readonly seed: number;
  /** Told before each head. */
  readonly onProgress?: (done: number, all: number) => void;
}

/** Whether a table's attributes are those of procedural heads, in their order. */
export const ofHeads = ({ attributes }: AttributeTable): boolean =>
  attributes.length === ATTRIBUTES.length &&
  attributes.every(
    ({ name, range }, i) => name === ATTRIBUTES[i]!.name && String(range) === String(ATTRIBUTES[i]!.range),
  );

/**
 * Edits each attribute of held-out heads to the quarter of its slider that is farther away. Changes are compared, not pictures: what the generator
 * misses of a head before and after is no fault of the edit.
 *
 * @returns for each method, and last for `target`: the code that is found for the true picture, which no edit can be expected to surpass.
 */
export async function measureTruth(
  editor: Editor,
  methods: readonly EditMethod[],
  { count, seed, onProgress }: TruthOptions,
): Promise<readonly TruthFigures[]> {
  const { size } = editor.parts.synthesizer.config;
  const heads = new HeadSet({ split: 'test', count, seed }, { size });
  const names = [...methods.map(({ name }) => name), 'target'];
  const sums = names.map(() => ATTRIBUTES.map(() => new Changes()));
  for (let i = 0; i < count; i++) {
    onProgress?.(i, count);
    const parameters = heads.parameters(i);
    const source = heads.head(i).image;
    const { code } = await editor.nearest(source);
    const [[begun], [shown]] = [await editor.render([code]), await editor.look([code])];
    for (const [k, { range }] of ATTRIBUTES.entries()) {
      const attributes = attributesOf(parameters);
      attributes[k] = fartherQuarter(attributes[k]!, range);
      const target = renderHead(withAttributes(parameters, attributes), { size }).image;
      const codes: NDArray[] = [];
      for (const method of methods) codes.push(await method.edit(code, shown!, [[k, attributes[k]!]]));
      codes.push((await editor.nearest(target)).code);
      const pictures = await editor.render(codes);
      for (const [m, picture] of pictures.entries()) sums[m]![k]!.add([begun!, picture], [source, target]);
    }
  }
  return names.map((method, m) => ({
    method,
    way: sums[m]!.map((each) => each.way),
    cosine: sums[m]!.map((each) => each.cosine),
  }));
}

/** The middle of that half of a range that a value is not in. */
const fartherQuarter = (value: number, [low, high]: readonly [number, number]): number =>
  low + (high - low) * (value <= (low + high) / 2 ? 0.75 : 0.25);

/** Products of changes, summed over pixels and heads. */
class Changes {
  private both = 0;
  private made = 0;
  private wanted = 0;

  /** From one picture to another, made by an edit, and wanted. */
  add(made: readonly [Image, Image], wanted: readonly [Image, Image]): void {
    for (let p = 0; p < made[0].data.length; p++) {
      const [a, b] = [made, wanted].map(([from, to]) => to.data[p]! - from.data[p]!) as [number, number];
      this.both += a * b;
      this.made += a * a;
      this.wanted += b * b;
    }
  }

  get way(): number {
    return this.both / this.wanted;
  }

  get cosine(): number {
    return this.both / Math.sqrt(this.made * this.wanted);
  }
}
