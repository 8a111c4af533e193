/**
 * @module Attention patterns: which earlier positions a position may attend to (section 3.2 of the paper).
 *
 * Every pattern is a set of offsets p - j, the same for all positions p, some of which a few positions may not
 * use. Attention by a pattern is therefore a sum over shifts of the keys: see `attention.ts`.
 */
import { NDArray } from '@sextant/engine';
import { z } from 'zod';

/** Options of a pattern, as they stand in configurations. */
export const PatternSchema = z.discriminatedUnion('pattern', [
  /** Every position up to one's own. */
  z.strictObject({ pattern: z.literal('full') }),
  /** The paper's: one's own position and those 2^i before it. */
  z.strictObject({
    pattern: z.literal('logsparse'),
    /** Width of the dense window that ends at one's own position; the steps 2^i resume before it. */
    local: z.union([z.number().int().positive(), z.literal('log2')]).nullish(),
    /** The window and the steps begin anew every so many positions back. */
    restart: z.number().int().positive().nullish(),
  }),
  /** The variant in the authors' code: local and restart, and the first rows are full. */
  z.strictObject({ pattern: z.literal('authors'), sub_len: z.number().int().positive() }),
]);
export type PatternConfig = z.output<typeof PatternSchema>;

/** A pattern for windows of up to `length` positions. */
export interface Pattern {
  readonly length: number;
  /** All offsets that some position uses, ascending; 0 is among them. */
  readonly offsets: readonly number[];
  /** Whether position p attends to p - offset, an offset of the list that is at most p. */
  allows(p: number, offset: number): boolean;
}

/** The pattern of some options. What depends on the length, `log2` and the authors' full rows, uses this one. */
export function patternOf(config: PatternConfig, length: number): Pattern {
  switch (config.pattern) {
    case 'full':
      return { length, offsets: Array.from({ length }, (_, o) => o), allows: () => true };
    case 'logsparse':
      return logSparse(config, length);
    case 'authors':
      return authors(config.sub_len, length);
  }
}

function logSparse({ local, restart }: PatternConfig & { pattern: 'logsparse' }, length: number): Pattern {
  const window = local === 'log2' ? Math.max(1, Math.ceil(Math.log2(restart ?? length))) : (local ?? 1);
  const reach = restart ?? length;
  const offsets = new Set<number>();
  for (let anchor = 0; anchor < length; anchor += reach) {
    for (let o = 0; o < window; o++) offsets.add(anchor + o);
    for (let step = 1; window - 1 + step <= reach; step *= 2) offsets.add(anchor + window - 1 + step);
  }
  return { length, offsets: ascending(offsets, length), allows: () => true };
}

function authors(subLength: number, length: number): Pattern {
  const g = Math.ceil(Math.log2(subLength));
  const fullRows = Math.floor(length / subLength) * 2 * g;
  const fromAnchor = (o: number): boolean => {
    const step = o - (g - 1);
    return o < g || (o <= subLength && step <= 2 ** (g - 1) && Number.isInteger(Math.log2(step)));
  };
  const allows = (p: number, offset: number): boolean => {
    if (p < fullRows) return true;
    for (let anchor = p; anchor >= 0; anchor -= subLength) {
      const o = offset - (p - anchor);
      // The last anchor misses itself.
      if (anchor - g + 1 < 0) return o > 0;
      if (o >= 0 && fromAnchor(o)) return true;
    }
    return false;
  };
  const offsets = new Set<number>();
  for (let p = 0; p < length; p++) for (let o = 0; o <= p; o++) if (allows(p, o)) offsets.add(o);
  return { length, offsets: ascending(offsets, length), allows };
}

const ascending = (offsets: ReadonlySet<number>, length: number): number[] =>
  [...offsets].filter((o) => o < length).sort((a, b) => a - b);

/** Whether every position attends to all up to its own. */
export const isFull = ({ offsets, length, allows }: Pattern): boolean =>
  offsets.length === length && offsets.every((o) => allows(length - 1, o));

/** Positions that position p attends to, the nearest first. */
export const row = ({ offsets, allows }: Pattern, p: number): number[] =>
  offsets.filter((o) => o <= p && allows(p, o)).map((o) => p - o);

/** The pattern as a matrix, bool [length, length]: queries down, keys across. */
export function matrixOf(pattern: Pattern): NDArray<'bool'> {
  const { length } = pattern;
  const matrix = new Uint8Array(length * length);
  for (let p = 0; p < length; p++) for (const j of row(pattern, p)) matrix[p * length + j] = 1;
  return new NDArray(matrix, [length, length], 'bool');
}

/** How many layers of a pattern it takes until every position reaches all before it (the paper's theorem 1). */
export function layersToReachAll(pattern: Pattern): number {
  const { length } = pattern;
  const rows = Array.from({ length }, (_, p) => row(pattern, p));
  // Positions reached from p as a bit set: unions of those of the positions it attends to.
  let reached = rows.map((keys) => keys.reduce((set, j) => set | (1n << BigInt(j)), 0n));
  for (let layers = 1; layers <= length; layers++) {
    if (reached.every((set, p) => set === (1n << BigInt(p + 1)) - 1n)) return layers;
    reached = rows.map((keys) => keys.reduce((set, j) => set | reached[j]!, 0n));
  }
  throw new RangeError('some positions are never reached');
}
