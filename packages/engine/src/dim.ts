/**
 * @module Dimensions that may be symbols.
 *
 * A dimension is a number or a polynomial in named symbols (`8*L + 6`, `B*T`, `floor((L+1)/2)`), so that
 * one traced program serves every length. Equal polynomials are equal dimensions.
 */

/** A size along one axis: a number, or an expression in symbols. */
export type Dim = number | SymbolicDim;
export type Shape = readonly Dim[];

/** A factor that is not a number: a named symbol, or the floor of a quotient that does not divide evenly. */
interface Atom {
  readonly key: string;
  readonly quotient?: { readonly numerator: SymbolicDim; readonly divisor: number };
}

interface Term {
  readonly coefficient: number;
  readonly atoms: readonly Atom[];
}

/** A polynomial with integer coefficients in atoms. Made by {@link symbol} and the functions below. */
export class SymbolicDim {
  readonly terms: readonly Term[];
  /** Canonical text: equal dimensions have equal keys. */
  readonly key: string;

  constructor(terms: readonly Term[]) {
    this.terms = terms;
    this.key = terms.map(termText).join(' + ');
  }

  toString(): string {
    return this.key;
  }

  toJSON(): string {
    return this.key;
  }
}

const monomial = (t: Term): string => t.atoms.map((a) => a.key).join('*');

function termText(t: Term): string {
  if (t.atoms.length === 0) return String(t.coefficient);
  return t.coefficient === 1 ? monomial(t) : `${t.coefficient}*${monomial(t)}`;
}

/** A named dimension, such as the number of frames `L`. */
export const symbol = (name: string): SymbolicDim =>
  new SymbolicDim([{ coefficient: 1, atoms: [{ key: name }] }]);

const termsOf = (d: Dim): readonly Term[] =>
  typeof d === 'number' ? (d === 0 ? [] : [{ coefficient: d, atoms: [] }]) : d.terms;

/** Collects like terms, drops zeros, orders canonically; a constant polynomial becomes a number. */
function fromTerms(terms: readonly Term[]): Dim {
  const byMonomial = new Map<string, Term>();
  for (const term of terms) {
    const key = monomial(term);
    const coefficient = (byMonomial.get(key)?.coefficient ?? 0) + term.coefficient;
    byMonomial.set(key, { coefficient, atoms: term.atoms });
  }
  // Constants (empty monomial) go last, so that keys read as people write: `8*L + 6`.
  const kept = [...byMonomial.entries()]
    .filter(([, t]) => t.coefficient !== 0)
    .sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1))
    .map(([, t]) => t);
  if (kept.length === 0) return 0;
  const only = kept[0]!;
  return kept.length === 1 && only.atoms.length === 0 ? only.coefficient : new SymbolicDim(kept);
}

export function addDims(...dims: readonly Dim[]): Dim {
  if (dims.every((d) => typeof d === 'number')) return dims.reduce((a, b) => a + b, 0);
  return fromTerms(dims.flatMap(termsOf));
}

export function mulDims(...dims: readonly Dim[]): Dim {
  if (dims.every((d) => typeof d === 'number')) return dims.reduce((a, b) => a * b, 1);
  const product = dims.map(termsOf).reduce(
    (left, right) =>
      left.flatMap((a) =>
        right.map((b) => ({
          coefficient: a.coefficient * b.coefficient,
          atoms: [...a.atoms, ...b.atoms].sort((x, y) => (x.key < y.key ? -1 : 1)),
        })),
      ),
    [{ coefficient: 1, atoms: [] }],
  );
  return fromTerms(product);
}

export const subDims = (a: Dim, b: Dim): Dim => addDims(a, mulDims(b, -1));

/** floor(d / divisor) for a positive integer divisor; exact where every coefficient divides. */
export function floorDivDim(d: Dim, divisor: number): Dim {
  if (typeof d === 'number') return Math.floor(d / divisor);
  if (divisor === 1) return d;
  const whole: Term[] = [];
  const rest: Term[] = [];
  for (const term of d.terms) {
    const quotient = Math.floor(term.coefficient / divisor);
    const remainder = term.coefficient - quotient * divisor;
    if (quotient !== 0) whole.push({ coefficient: quotient, atoms: term.atoms });
    if (remainder !== 0) rest.push({ coefficient: remainder, atoms: term.atoms });
  }
  const numerator = fromTerms(rest);
  if (typeof numerator === 'number') return addDims(fromTerms(whole), Math.floor(numerator / divisor));
  const atom: Atom = { key: `floor((${numerator.key})/${divisor})`, quotient: { numerator, divisor } };
  return fromTerms([...whole, { coefficient: 1, atoms: [atom] }]);
}

export const ceilDivDim = (d: Dim, divisor: number): Dim => floorDivDim(addDims(d, divisor - 1), divisor);

/** a / b where b divides a exactly as polynomials and b or the quotient is a single term; undefined otherwise. */
export function exactDivDims(a: Dim, b: Dim): Dim | undefined {
  if (typeof a === 'number' && typeof b === 'number') return b !== 0 && a % b === 0 ? a / b : undefined;
  if (sameDim(a, b)) return 1;
  const [by, ...more] = termsOf(b);
  if (!by) return undefined;
  if (more.length > 0) {
    const candidates = termsOf(a).map((term) => exactDivDims(fromTerms([term]), fromTerms([by])));
    return candidates.find((q) => q !== undefined && sameDim(mulDims(q, b), a));
  }
  const terms: Term[] = [];
  for (const term of termsOf(a)) {
    const atoms = [...term.atoms];
    for (const atom of by.atoms) {
      const at = atoms.findIndex((x) => x.key === atom.key);
      if (at < 0) return undefined;
      atoms.splice(at, 1);
    }
    if (term.coefficient % by.coefficient !== 0) return undefined;
    terms.push({ coefficient: term.coefficient / by.coefficient, atoms });
  }
  return fromTerms(terms);
}

export const sameDim = (a: Dim, b: Dim): boolean =>
  typeof a === 'number' || typeof b === 'number' ? a === b : a.key === b.key;

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((d, i) => sameDim(d, b[i]!));

export const isStatic = (shape: Shape): shape is readonly number[] =>
  shape.every((d) => typeof d === 'number');

/** Number of elements as a dimension. */
export const sizeOfShape = (shape: Shape): Dim => mulDims(...shape);

export const shapeText = (shape: Shape): string => `[${shape.join(', ')}]`;

/** A polynomial's parts, for whoever must compute it: Σ coefficient · Π factor. */
export interface DimTerm {
  readonly coefficient: number;
  readonly factors: readonly (string | { readonly numerator: SymbolicDim; readonly divisor: number })[];
}

export const dimTerms = (d: SymbolicDim): readonly DimTerm[] =>
  d.terms.map((t) => ({ coefficient: t.coefficient, factors: t.atoms.map((a) => a.quotient ?? a.key) }));

/** The value of a dimension for given symbols. @throws Error naming a symbol that has no value. */
export function evaluateDim(d: Dim, symbols: ReadonlyMap<string, number>): number {
  if (typeof d === 'number') return d;
  let sum = 0;
  for (const { coefficient, factors } of dimTerms(d)) {
    let product = coefficient;
    for (const factor of factors) {
      if (typeof factor === 'string') {
        const value = symbols.get(factor);
        if (value === undefined) throw new Error(`dimension ${d.key}: symbol ${factor} has no value`);
        product *= value;
      } else product *= Math.floor(evaluateDim(factor.numerator, symbols) / factor.divisor);
    }
    sum += product;
  }
  return sum;
}
