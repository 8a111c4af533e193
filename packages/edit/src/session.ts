/**
 * @module Edits of one code after another.
 */
import { array, Generator, type NDArray, program, type Tensor } from '@sextant/engine';
import { InputError } from '@sextant/io/web';
import {
  type AttributeTable,
  attributeValue,
  contextOf,
  indexOf,
  lightStrength,
  type Shown,
} from './attributes.js';
import type { Solver } from './flow/cnf.js';
import type { Flow } from './flow/flow.js';
import { solvesOf, unreachable } from './flow/solves.js';
import { type Change, changeAttribute, changeLight, decodeRows } from './procedure.js';

/** As the authors solve. */
export const EDIT_SOLVER: Solver = { method: 'dopri5', rtol: 1e-5, atol: 1e-5 };

/** A code with what it is encoded to and for. */
export interface Encoded {
  /** [1, N, D] */
  readonly w: NDArray;
  readonly z: NDArray;
  /** Light, then attributes. */
  readonly target: readonly number[];
}

/** A flow that edits codes. */
export class CodeEditor {
  private readonly encoder;
  private readonly decoder;
  private readonly sampler;

  constructor(
    readonly flow: Flow,
    readonly table: AttributeTable,
    private readonly solver: Solver = EDIT_SOLVER,
  ) {
    this.encoder = program(
      (w: Tensor, context: Tensor) =>
        flow.eval((f) => {
          const { x, reports } = f.forward(w, context, { solver });
          return { z: x, ...solvesOf(reports) };
        }),
      { name: 'encode', freeze: true },
    );
    // Decoding and encoding anew are one program: an edit is one run.
    this.decoder = program(
      (w: Tensor, z: Tensor, target: Tensor, rows: readonly [Tensor, Tensor]) =>
        flow.eval((f) => {
          const decoded = decodeRows(f, w, z, target, rows, { solver });
          const encoded = f.forward(decoded.x, target, { solver });
          return { w: decoded.x, z: encoded.x, ...solvesOf([...decoded.reports, ...encoded.reports]) };
        }),
      { name: 'edit', freeze: true },
    );
    this.sampler = program(
      (z: Tensor, context: Tensor) =>
        flow.eval((f) => {
          const { x, reports } = f.inverse(z, context, { solver });
          return { w: x, ...solvesOf(reports) };
        }),
      { name: 'sample', freeze: true },
    );
  }

  /** Begins to edit a code [N, D] or [1, N, D] that shows something. @throws InputError when it is not of the flow's width. */
  async open(w: NDArray, shown: Shown): Promise<EditSession> {
    return new EditSession(this, shown, await this.begin(w, shown));
  }

  /** A code [N, D] or [1, N, D] with what it is encoded to. @throws InputError when it is not of the flow's width. */
  async begin(w: NDArray, shown: Shown): Promise<Encoded> {
    const dimension = w.shape.at(-1);
    const rows = w.shape.at(-2) ?? 1;
    if (dimension !== this.flow.config.dimension || w.size !== rows * dimension) {
      throw new InputError(
        `a code of shape [${w.shape.join(', ')}]; the flow edits [rows, ${this.flow.config.dimension}]`,
      );
    }
    const code = array(Float32Array.from(w.data, Number), { shape: [1, rows, dimension] });
    const target = contextOf(shown);
    return { w: code, z: await this.encode(code, target), target };
  }

  /** Codes [n, 1, D] of W that show what is asked of each: z is drawn by the seed. */
  async sample(shown: readonly Shown[], seed: number): Promise<NDArray> {
    const { w, reached } = await this.sampler(
      new Generator(seed).normalArray([shown.length, 1, this.flow.config.dimension]),
      array(shown.map((s) => contextOf(s))),
    );
    return checked(w, reached);
  }

  /** What a code is encoded to. */
  async encode(w: NDArray, target: readonly number[]): Promise<NDArray> {
    const { z, reached } = await this.encoder(w, array([[...target]]));
    return checked(z, reached);
  }

  /** A code after a change. */
  async change({ w, z }: Encoded, { target, rows }: Change): Promise<Encoded> {
    const last = w.shape[1]! - 1;
    const row = (k: number) => array(Math.min(k, last), { dtype: 'int32' });
    const { reached, ...edited } = await this.decoder(w, z, array([[...target]]), [
      row(rows[0]),
      row(rows[1]),
    ]);
    return { ...checked(edited, reached), target };
  }

  /**
   * An edit as one ONNX program: of `w` float32 [1, N, D], what it shows and what it shall show, `shown` and `target` [1, C] (light before
   * attributes), and the first and the last row that may change, int32 scalars `first` and `last`: the code `edited` [1, N, D], and whether the
   * solver reached its end, `reached`.
   */
  async export(): Promise<Uint8Array> {
    const { dimension, contextFeatures } = this.flow.config;
    const context = { shape: [1, contextFeatures] };
    const row = { shape: [], dtype: 'int32' } as const;
    const edit = program(
      ({ w, shown, target, first, last }: Record<'first' | 'last' | 'shown' | 'target' | 'w', Tensor>) =>
        this.flow.eval((f) => {
          const { solver } = this;
          const encoded = f.forward(w, shown, { solver });
          const decoded = decodeRows(f, w, encoded.x, target, [first, last], { solver });
          const { reached } = solvesOf([...encoded.reports, ...decoded.reports]);
          return { edited: decoded.x, ...(reached && { reached }) };
        }),
      {
        name: 'edit',
        inputs: [
          { w: { shape: [1, 'N', dimension] }, shown: context, target: context, first: row, last: row },
        ],
      },
    );
    return edit.export({ metadata: { table: JSON.stringify(this.table) } });
  }

  /** Frees the compiled programs. */
  async release(): Promise<void> {
    await Promise.all([this.encoder.release(), this.decoder.release(), this.sampler.release()]);
  }
}

function checked<T>(result: T, reached: NDArray | undefined): T {
  if (reached && !reached.item())
    throw unreachable('this edit', 'the code is too far from those that the flow has learnt');
  return result;
}

/**
 * A code that is edited: values are absolute, and the order of edits counts (section 5.2).
 *
 * @example
 * const session = await editor.open(latent, shown);
 * await session.set({ age: 50, glasses: 1 });
 * await session.light({ left: 0.5 });
 * const { w } = session;
 */
export class EditSession {
  private readonly strengths = new Map<string, number>();
  /** Ends with the last of the edits that were asked for. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly editor: CodeEditor,
    readonly source: Shown,
    private code: Encoded,
  ) {}

  /** The code as it is now [1, N, D]. */
  get w(): NDArray {
    return this.code.w;
  }

  /** Light and attributes that the code was last decoded for. */
  get target(): readonly number[] {
    return this.code.target;
  }

  /**
   * Moves attributes to values in their units, one after the other in the order given. Values out of an attribute's range are
   * brought into it. Edits that are asked for before others have ended follow these.
   *
   * @returns a line for each value that was brought into its range.
   * @throws InputError for an attribute that is not known; then none is moved.
   */
  async set(values: Readonly<Record<string, number>>): Promise<readonly string[]> {
    const { table } = this.editor;
    const asked = Object.entries(values).map(([name, value]) => attributeValue(table, name, value));
    await this.inTurn(async () => {
      for (const { index, value } of asked)
        await this.change(changeAttribute(table, this.source, this.code.target, index, value));
    });
    return notesOf(asked);
  }

  /**
   * Moves the light towards some of the table's, by strengths from 0 to 1 that stay until they are changed.
   *
   * @returns a line for each strength that was brought between 0 and 1.
   * @throws InputError for a light that is not known; then nothing is moved.
   */
  async light(strengths: Readonly<Record<string, number>>): Promise<readonly string[]> {
    const { table } = this.editor;
    const asked = Object.entries(strengths).map(([name, strength]) => ({
      name,
      ...lightStrength(table, name, strength),
    }));
    await this.inTurn(async () => {
      for (const { name, strength } of asked) this.strengths.set(name, strength);
      const lights = [...this.strengths].map(([name, strength]) => ({
        light: table.lights[name]!,
        strength,
      }));
      await this.change(changeLight(table, this.source, this.code.target, lights));
    });
    return notesOf(asked);
  }

  /**
   * Moves everything, or some attributes (`light` among them), from the source towards a reference (section 5.3).
   *
   * @param strength - 0: the source, 1: the reference.
   * @throws InputError for an attribute that is not known; then nothing is moved.
   */
  async transfer(reference: Shown, strength: number, names?: readonly string[]): Promise<void> {
    const { table } = this.editor;
    const places = (names ?? ['light', ...table.attributes.map((a) => a.name)]).map((name) =>
      name === 'light' ? name : indexOf(table, name),
    );
    await this.inTurn(async () => {
      for (const place of places) {
        const change =
          place === 'light'
            ? changeLight(table, this.source, this.code.target, [{ light: reference.light, strength }])
            : this.towards(reference, strength, place);
        if (change) await this.change(change);
      }
    });
  }

  /** Waits for the edits that were asked for before; what comes after waits for this. */
  protected inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => {});
    return done;
  }

  private async change(change: Change): Promise<void> {
    this.code = await this.editor.change(this.code, change);
  }

  private towards(reference: Shown, strength: number, index: number): Change | undefined {
    const [from, to] = [this.source.attributes[index]!, reference.attributes[index]!];
    if (from === to) return undefined;
    const value = from + strength * (to - from);
    return changeAttribute(this.editor.table, this.source, this.code.target, index, value);
  }
}

const notesOf = (asked: readonly { readonly note?: string }[]): string[] =>
  asked.flatMap(({ note }) => note ?? []);
