/**
 * @module What has state: variables found by walking an object's fields, saved and loaded by their paths.
 */
import { allocate, type DType, NDArray, RandomStream, TensorError, Variable } from '@sextant/engine';

/** What {@link Stateful.loadStateDict} found not to match. */
export interface StateMismatch {
  /** Paths that have no entry in the dictionary. */
  readonly missing: readonly string[];
  /** Entries of the dictionary that no path names. */
  readonly unexpected: readonly string[];
}

/**
 * An object whose variables are saved and loaded by path. A path is made of field names: of variables, of
 * stateful objects and random streams, and of lists and plain records of these (`stages.0.conv.weight`).
 */
export abstract class Stateful {
  /** The fields that may hold state, by name. Own enumerable fields; override to save under other names. */
  protected fields(): Iterable<readonly [string, unknown]> {
    return Object.entries(this);
  }

  /**
   * Every variable by path; a variable that two fields share appears under both. Also gives variables
   * these paths as names, for error messages and exported graphs.
   */
  namedVariables(): Map<string, Variable> {
    const found = new Map<string, Variable>();
    for (const [path, node] of this.descendants()) if (node instanceof Variable) found.set(path, node);
    const named = new Set<Variable>();
    for (const [path, variable] of found) {
      // A longer path is the same one seen from a larger module; a second path of a shared variable is not.
      if (!named.has(variable) && path.endsWith(variable.name)) variable.name = path;
      named.add(variable);
    }
    return found;
  }

  /** A copy of every variable's present value, by path. */
  stateDict(): Map<string, NDArray> {
    return new Map([...this.namedVariables()].map(([path, v]) => [path, v.value.copy()]));
  }

  /**
   * Sets variables from arrays by path, copying them; float64 and integer arrays are converted to the
   * variable's dtype. Nothing is changed when an error is thrown.
   *
   * @param options.strict - whether missing and unexpected keys are errors (default true). A key is not
   *   missing where another path of the same variable is given.
   * @returns the keys that did not match.
   * @throws TensorError listing missing, unexpected and mis-shaped keys.
   */
  loadStateDict(
    state: ReadonlyMap<string, NDArray>,
    { strict = true }: { strict?: boolean } = {},
  ): StateMismatch {
    const variables = this.namedVariables();
    const given = new Set([...variables].flatMap(([path, v]) => (state.has(path) ? [v] : [])));
    const missing = [...variables].flatMap(([path, v]) => (given.has(v) ? [] : [path]));
    const unexpected = [...state.keys()].filter((key) => !variables.has(key));
    const next: (readonly [Variable, NDArray])[] = [];
    const misfits: string[] = [];
    for (const [path, variable] of variables) {
      const value = state.get(path);
      if (!value) continue;
      const fits = value.shape.join() === variable.shape.join();
      const fitting = fits ? converted(value, variable.dtype) : undefined;
      if (fitting) next.push([variable, fitting]);
      else misfits.push(`${path} is ${describe(value)}, expected ${describe(variable)}`);
    }
    const problems = [
      ...(strict ? [listed('missing', missing), listed('unexpected', unexpected)] : []),
      listed('do not fit', misfits),
    ].filter((p) => p !== '');
    if (problems.length > 0) throw new TensorError('loadStateDict', problems.join('; '));
    for (const [variable, value] of next) variable.value = value;
    return { missing, unexpected };
  }

  /** All variables and stateful objects below this one, with their paths. */
  protected *descendants(prefix = '', ancestors: readonly Stateful[] = []): Generator<Descendant> {
    const above = [...ancestors, this];
    for (const [name, field] of this.fields()) {
      for (const [path, node] of stateIn(field, prefix + name)) {
        // A reference back to an owner is not a part.
        if (node instanceof Stateful && above.includes(node)) continue;
        yield [path, node];
        if (node instanceof Stateful) yield* node.descendants(`${path}.`, above);
      }
    }
  }
}

/** A name for each variable, none twice: its path, or its place where it has none. */
export function uniqueNames(variables: readonly Variable[]): string[] {
  const taken = new Set<string>();
  return variables.map(({ name }, i) => {
    const wanted = name || String(i);
    let free = wanted;
    for (let n = 2; taken.has(free); n++) free = `${wanted}.${n}`;
    taken.add(free);
    return free;
  });
}

type Descendant = readonly [path: string, node: Variable | Stateful];

/** A field's variables and stateful objects, looking into lists and plain records. */
function* stateIn(field: unknown, path: string): Generator<Descendant> {
  if (field instanceof Variable || field instanceof Stateful) yield [path, field];
  else if (Array.isArray(field) || isRecord(field) || field instanceof RandomStream) {
    for (const [key, value] of Object.entries(field)) yield* stateIn(value, `${path}.${key}`);
  }
}

const isRecord = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype;

/** The same elements in another dtype; undefined between half precision (raw bits) and anything else. */
function converted(value: NDArray, dtype: DType): NDArray | undefined {
  if (value.dtype === dtype) return value;
  if (value.dtype === 'float16' || dtype === 'float16') return undefined;
  const data = allocate(dtype, value.size);
  const convert = data instanceof BigInt64Array ? BigInt : Number;
  for (let i = 0; i < data.length; i++) data[i] = convert(value.data[i]!) as never;
  return new NDArray(data, value.shape, dtype);
}

const describe = ({ dtype, shape }: { dtype: DType; shape: readonly number[] }): string =>
  `${dtype} [${shape.join(', ')}]`;

const SHOWN = 3;
/** `missing: a, b, c and 37 more`; empty for an empty list. */
function listed(what: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  const more = items.length > SHOWN ? ` and ${items.length - SHOWN} more` : '';
  return `${what}: ${items.slice(0, SHOWN).join(', ')}${more}`;
}
