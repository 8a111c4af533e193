/**
 * @module What codes are conditioned on and how it is changed, as data (section 5.1).
 */
import { InputError } from '@sextant/io/web';
import { z } from 'zod';

/** Coefficients of spherical harmonics, which stand before the attributes in what a code is conditioned on. */
export const LIGHT_COEFFICIENTS = 9;

/** Rows of a code, both ends included. */
const RowsSchema = z
  .tuple([z.int().nonnegative(), z.int().nonnegative()])
  .refine(([first, last]) => first <= last, { message: 'the first row stands behind the last' })
  .readonly();
export type Rows = z.output<typeof RowsSchema>;

/** Also what files are called by. */
const NameSchema = z.string().regex(/^[\p{L}\p{N}_ -]+$/u, 'must be letters, digits, spaces, _ and -');

const AttributeSchema = z
  .strictObject({
    name: NameSchema,
    /** What its slider goes from and to, in the attribute's unit. */
    range: z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => low < high, { message: 'must go from less to more' })
      .readonly(),
    /** What a change of it is multiplied by. */
    degree: z.number(),
    /** Rows of W+ that an edit of it may change. */
    rows: RowsSchema,
  })
  .readonly();
export type Attribute = z.output<typeof AttributeSchema>;

export const AttributeTableSchema = z.strictObject({
  /** In the order of the attribute vector. */
  attributes: z
    .array(AttributeSchema)
    .min(1)
    .refine((all) => new Set(all.map(({ name }) => name.toLowerCase())).size === all.length, {
      message: 'have names that differ in case only, or not at all',
    })
    .readonly(),
  /** Rows that an edit of the light may change. */
  lightRows: RowsSchema,
  /** Lights to move towards, by name. */
  lights: z.record(NameSchema, z.array(z.number()).length(LIGHT_COEFFICIENTS).readonly()).default({}),
});
export type AttributeTable = z.output<typeof AttributeTableSchema>;

/** Numbers that a code is conditioned on: light, then attributes. */
export const contextFeatures = ({ attributes }: AttributeTable): number =>
  LIGHT_COEFFICIENTS + attributes.length;

/**
 * Of the procedural heads of `@sextant/heads`, for pictures of 64 × 64, whose codes have 10 rows: 0 of 4 × 4, then two for each size, and
 * the last for colour. Gender and smile go from -1 to 1, age from 0 to 1; the light's y points down. Degrees make up for how little of what is asked the
 * embedded flow does: with all at 1 it does 20 to 87 %, with these 35 to 98 % (README). More changes what was not asked for.
 */
export const HEADS: AttributeTable = {
  attributes: [
    { name: 'Gender', range: [-1, 1], degree: 2, rows: [0, 9] },
    { name: 'Glasses', range: [0, 1], degree: 1.2, rows: [0, 9] },
    { name: 'Yaw', range: [-45, 45], degree: 1.1, rows: [0, 6] },
    { name: 'Pitch', range: [-20, 20], degree: 1.1, rows: [0, 6] },
    { name: 'Baldness', range: [0, 1], degree: 1.5, rows: [0, 9] },
    { name: 'Beard', range: [0, 1], degree: 3, rows: [0, 9] },
    { name: 'Age', range: [0, 1], degree: 2, rows: [0, 9] },
    { name: 'Smile', range: [-1, 1], degree: 2, rows: [0, 9] },
  ],
  lightRows: [0, 9],
  lights: {
    left: [0.8, -0.075, 0.3, -0.35, 0, 0, 0, 0, 0],
    right: [0.8, -0.075, 0.3, 0.35, 0, 0, 0, 0, 0],
    top: [0.8, -0.25, 0.3, 0, 0, 0, 0, 0, 0],
    bottom: [0.8, 0.1, 0.3, 0, 0, 0, 0, 0, 0],
    front: [0.8, -0.075, 0.55, 0, 0, 0, 0, 0, 0],
  },
};

/** The authors', for faces of 1024 × 1024, whose codes have 18 rows. Their lights are rows of a file that is not free. */
export const FACES: AttributeTable = {
  attributes: [
    { name: 'Gender', range: [0, 1], degree: 1.5, rows: [0, 7] },
    { name: 'Glasses', range: [0, 1], degree: 2.5, rows: [2, 3] },
    { name: 'Yaw', range: [-20, 20], degree: 1, rows: [0, 3] },
    { name: 'Pitch', range: [-20, 20], degree: 1, rows: [0, 3] },
    { name: 'Baldness', range: [0, 1], degree: 2, rows: [0, 5] },
    { name: 'Beard', range: [0, 1], degree: 1.7, rows: [5, 9] },
    { name: 'Age', range: [0, 65], degree: 0.93, rows: [4, 7] },
    { name: 'Expression', range: [0, 1], degree: 1, rows: [4, 5] },
  ],
  lightRows: [7, 11],
  lights: {},
};

/** What a picture shows. */
export interface Shown {
  /** [9] */
  readonly light: ArrayLike<number>;
  /** In a table's order. */
  readonly attributes: ArrayLike<number>;
}

/** What a flow is conditioned on: light, then attributes. */
export const contextOf = ({ light, attributes }: Shown): number[] => [
  ...Array.from(light),
  ...Array.from(attributes),
];

/** An attribute's place in the table, by its name in any case. @throws InputError when there is none. */
export function indexOf({ attributes }: AttributeTable, name: string): number {
  const index = attributes.findIndex((a) => a.name.toLowerCase() === name.toLowerCase());
  if (index < 0) {
    throw new InputError(
      `there is no attribute ${name}; there are: ${attributes.map((a) => a.name).join(', ')}`,
    );
  }
  return index;
}

/** What is asked for of an attribute or a light. */
interface Asked {
  /** A line for the user, where the value was outside. */
  readonly note?: string;
}

/**
 * A value of an attribute, brought into its range.
 *
 * @throws InputError for an attribute that is not known, or no number.
 */
export function attributeValue(
  table: AttributeTable,
  name: string,
  value: number,
): Asked & { readonly index: number; readonly value: number } {
  const index = indexOf(table, name);
  const inside = within(table.attributes[index]!.range, name, value);
  return { index, ...inside };
}

/**
 * A light's coefficients and how far to go towards it, brought between 0 and 1.
 *
 * @throws InputError for a light that is not known, or no number.
 */
export function lightStrength(
  { lights }: AttributeTable,
  name: string,
  strength: number,
): Asked & { readonly light: readonly number[]; readonly strength: number } {
  if (!Object.hasOwn(lights, name)) {
    throw new InputError(`there is no light ${name}; there are: ${Object.keys(lights).join(', ') || 'none'}`);
  }
  const { value, ...inside } = within([0, 1], name, strength);
  return { light: lights[name]!, strength: value, ...inside };
}

function within(
  [low, high]: readonly [number, number],
  name: string,
  value: number,
): Asked & { readonly value: number } {
  if (!Number.isFinite(value)) throw new InputError(`${name}: ${value} is no number`);
  const inside = Math.min(Math.max(value, low), high);
  if (inside === value) return { value };
  return { value: inside, note: `${name}: ${value} is outside ${low} to ${high}; taken as ${inside}` };
}

/** The first attribute in which two tables differ, by name or range; undefined where there is none. */
export function firstDifference(a: AttributeTable, b: AttributeTable): readonly [string, string] | undefined {
  const text = ({ attributes }: AttributeTable, i: number): string => {
    const one = attributes[i];
    return one ? `${one.name} ${one.range.join(' to ')}` : 'nothing';
  };
  for (let i = 0; i < Math.max(a.attributes.length, b.attributes.length); i++) {
    const [left, right] = [text(a, i), text(b, i)];
    if (left.toLowerCase() !== right.toLowerCase()) return [left, right];
  }
  return undefined;
}

/** What a vector of light and attributes shows. */
export const shownBy = (context: ArrayLike<number>): Shown => ({
  light: Array.from(context).slice(0, LIGHT_COEFFICIENTS),
  attributes: Array.from(context).slice(LIGHT_COEFFICIENTS),
});
