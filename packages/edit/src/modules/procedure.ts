/**
 * @module The procedures of editing for `apply` and `verify`.
 */
import { array, type NDArray, program, type Tensor } from '@sextant/engine';
import { type AppliedModule, inputOf, parseOptions } from '@sextant/system';
import { z } from 'zod';
import { contextOf, FACES, type Shown } from '../attributes.js';
import { densityOptions, type Flow, type FlowOptions } from '../flow/flow.js';
import { type Change, changeAttribute, changeLight, decodeRows } from '../procedure.js';
import { flowOf, SolverSchema, solverOf } from './flow.js';

const EventSchema = z.strictObject({
  kind: z.enum(['attribute', 'lighting']),
  index: z.int().nonnegative(),
  /** 0 to 80 */
  slider: z.number(),
});
type Event = z.output<typeof EventSchema>;

const EditSchema = SolverSchema.extend({
  /** `edit`: attributes to values, towards lights; `transfer`: towards what a reference shows. */
  procedure: z.enum(['edit', 'transfer']),
  attr_order: z.array(z.string()).optional(),
  lighting_order: z.array(z.string()).optional(),
  /** Changes of the source, each by itself. */
  single: z.array(EventSchema).default([]),
  /** Changes one after the other. */
  sequence: z.array(EventSchema).default([]),
  source_row: z.int().optional(),
  reference_row: z.int().optional(),
});

/** The sliders' last position. */
const SLIDER = 80;

/** What stands between two changes. */
interface Code {
  readonly w: NDArray;
  readonly z: NDArray;
  readonly target: readonly number[];
}

/** A change of the target by a slider; undefined where there is nothing to change. */
type Slide = (target: readonly number[], event: Event) => (Change & { readonly encode: boolean }) | undefined;

/** Sliders of the first tool: values of attributes, strengths of lights, which stay until they are changed. */
function sliders(source: Shown, lights: readonly ArrayLike<number>[]): Slide {
  const strengths = lights.map(() => 0);
  return (target, { kind, index, slider }) => {
    const s = slider / SLIDER;
    if (kind === 'attribute') {
      const [min, max] = FACES.attributes[index]!.range;
      return { ...changeAttribute(FACES, source, target, index, s * (max - min) + min), encode: true };
    }
    strengths[index] = s;
    const mixed = lights.map((light, k) => ({ light, strength: strengths[k]! }));
    return { ...changeLight(FACES, source, target, mixed), encode: true };
  };
}

/** Sliders of the second tool: from the source to a reference. The light does not encode anew. */
function transfers(source: Shown, reference: Shown): Slide {
  return (target, { kind, index, slider }) => {
    const strength = slider / SLIDER;
    if (kind === 'lighting') {
      return { ...changeLight(FACES, source, target, [{ light: reference.light, strength }]), encode: false };
    }
    const [from, to] = [source.attributes[index]!, reference.attributes[index]!];
    if (from === to) return undefined;
    return { ...changeAttribute(FACES, source, target, index, from + strength * (to - from)), encode: true };
  };
}

/** The two programs of editing with a fixed noise. */
function programsOf(flow: Flow, config: z.output<typeof EditSchema>) {
  const options = (noise: readonly Tensor[]): FlowOptions => densityOptions(solverOf(config), noise);
  return {
    encode: program((w: Tensor, context: Tensor, noise: readonly Tensor[]) =>
      flow.eval((f) => f.forward(w, context, options(noise)).x),
    ),
    decode: program(
      (w: Tensor, z: Tensor, target: Tensor, rows: readonly [Tensor, Tensor], noise: readonly Tensor[]) =>
        flow.eval((f) => decodeRows(f, w, z, target, rows, options(noise)).x),
    ),
  };
}

export const procedure: AppliedModule = {
  summary:
    'edits of a code w [1, N, D]: single.n of the source, sequence.n one after the other; noise e.0, …',
  async apply({ config, checkpoint, inputs }) {
    const parsed = parseOptions(EditSchema, config);
    const flow = flowOf(parsed, checkpoint);
    const given = (name: string) => inputOf(inputs, name);
    const source: Shown = { light: numbers(given('light')), attributes: numbers(given('attributes')) };
    const slide = (): Slide =>
      parsed.procedure === 'edit'
        ? sliders(source, rowsOf(given('pre_lighting')))
        : transfers(source, {
            light: numbers(given('reference_light')),
            attributes: numbers(given('reference_attributes')),
          });
    const noise = Array.from({ length: flow.config.numBlocks }, (_, k) => given(`e.${k}`));
    const { encode, decode } = programsOf(flow, parsed);
    const encoded = (w: NDArray, target: readonly number[]) => encode(w, array([[...target]]), noise);

    const edited = async (from: Code, event: Event, by: Slide): Promise<Code> => {
      const change = by(from.target, event);
      if (!change) return from;
      const { target, rows, encode: again } = change;
      const index = (row: number) => array(row, { dtype: 'int32' });
      const places = [index(rows[0]), index(rows[1])] as const;
      const w = await decode(from.w, from.z, array([[...target]]), places, noise);
      return { w, target, z: again ? await encoded(w, target) : from.z };
    };
    try {
      const target = contextOf(source);
      const start: Code = { w: given('w'), target, z: await encoded(given('w'), target) };
      const found = new Map<string, NDArray>([['z_source', start.z]]);
      for (const [n, event] of parsed.single.entries()) {
        const code = await edited(start, event, slide());
        found.set(`single.${n}.w`, code.w).set(`single.${n}.target`, array([...code.target]));
      }
      let code = start;
      const by = slide();
      for (const [n, event] of parsed.sequence.entries()) {
        code = await edited(code, event, by);
        found
          .set(`sequence.${n}.w`, code.w)
          .set(`sequence.${n}.target`, array([...code.target]))
          .set(`sequence.${n}.z`, code.z);
      }
      return found;
    } finally {
      await Promise.all([encode.release(), decode.release()]);
    }
  },
};

const numbers = ({ data }: NDArray): number[] => Array.from(data, Number);

const rowsOf = (table: NDArray): number[][] => {
  const width = table.shape[1]!;
  const flat = numbers(table);
  return Array.from({ length: table.shape[0]! }, (_, i) => flat.slice(i * width, (i + 1) * width));
};
