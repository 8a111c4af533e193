/**
 * @module Ways to edit codes, and what is seen in pictures of codes: the two things that measurements bring together.
 */
import { NDArray } from '@sextant/engine';
import type { AttributeTable, Shown } from '../attributes.js';
import type { Editor } from '../editor.js';
import type { Recognizer } from '../identity/recognizer.js';
import { changeAttribute } from '../procedure.js';
import type { CodeEditor } from '../session.js';
import type { Steps } from './directions.js';

/** A way to edit codes: the flow's, or one that it is compared to. */
export interface EditMethod {
  readonly name: string;
  /**
   * A code [rows, D] after edits. Values need not be in the attributes' ranges.
   *
   * @param shown - what its picture shows.
   * @param edits - attributes by their places in the table and values in their units, one after the other.
   */
  edit(
    code: NDArray,
    shown: Shown,
    edits: readonly (readonly [index: number, value: number])[],
  ): Promise<NDArray>;
}

/** What is seen in a picture. */
export interface Seen extends Shown {
  /** A unit vector that stands for the person, where somebody tells persons apart. */
  readonly face?: Float32Array;
}

/** What tells what pictures of codes show. */
export type Look = (codes: readonly NDArray[]) => Promise<readonly Seen[]>;

/** By an editor's estimator, and by what tells persons apart. */
export const lookOf =
  (editor: Editor, recognizer?: Recognizer): Look =>
  async (codes) => {
    const pictures = await editor.render(codes);
    const shown = await editor.parts.observer.look(pictures);
    const faces = await recognizer?.embed(pictures);
    return faces ? shown.map((each, i) => ({ ...each, face: faces[i]! })) : shown;
  };

/** The flow's edits. */
export const flowEdits = (editor: CodeEditor): EditMethod => ({
  name: 'StyleFlow',
  async edit(code, shown, edits) {
    let encoded = await editor.begin(code, shown);
    for (const [index, value] of edits) {
      const change = changeAttribute(editor.table, shown, encoded.target, index, value);
      encoded = await editor.change(encoded, change);
    }
    return encoded.w;
  },
});

/** Edits by steps, in the rows that the table allows for each attribute. */
export function straightLines(name: string, steps: Steps, table: AttributeTable): EditMethod {
  return {
    name,
    async edit(code, shown, edits) {
      const dimension = code.shape[1]!;
      const data = Float32Array.from(code.data, Number);
      const now = Array.from(shown.attributes);
      for (const [index, value] of edits) {
        const [first, last] = table.attributes[index]!.rows;
        const length = value - now[index]!;
        now[index] = value;
        for (let row = first; row <= Math.min(last, code.shape[0]! - 1); row++) {
          for (let i = 0; i < dimension; i++) data[row * dimension + i]! += length * steps[index]![i]!;
        }
      }
      return new NDArray(data, code.shape, 'float32');
    },
  };
}
