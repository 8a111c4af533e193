/**
 * @module Programs: a function traced once per input signature, compiled to ONNX and run.
 */
import { buildModel, type ModelInfo, type Port } from './compile/model.js';
import { type Shape, shapeText, symbol } from './dim.js';
import { TensorError } from './errors.js';
import { array, type DType, NDArray } from './ndarray.js';
import { defaultRuntime } from './runtime/default.js';
import type { Runtime, Session } from './runtime/runtime.js';
import { placeholder, Tensor } from './tensor.js';
import { forEachLeaf, leavesOf, mapTree } from './tree.js';
import { Trace, type Variable } from './variable.js';

/** The arrays that stand outside for a structure of tensors inside. A number is a float32 scalar. */
export type Arrays<T> = T extends Tensor
  ? NDArray
  : T extends readonly unknown[] | object
    ? { [K in keyof T]: Arrays<T[K]> }
    : T;

type Inputs<T> = T extends Tensor
  ? NDArray | number
  : T extends readonly unknown[] | object
    ? { [K in keyof T]: Inputs<T[K]> }
    : T;

/** A declared input: its dtype (float32 by default) and its shape, in which strings name free dimensions. */
export interface InputSpec {
  readonly shape: readonly (number | string)[];
  readonly dtype?: DType;
}

type InputSpecs<T> = T extends Tensor
  ? InputSpec
  : T extends readonly unknown[] | object
    ? { [K in keyof T]: InputSpecs<T[K]> }
    : never;

export interface ProgramOptions<Args extends readonly unknown[]> {
  /** For error messages, profiles and exported graphs. */
  readonly name?: string;
  /**
   * Declares the arguments, with named dimensions for those that vary: one compiled program then serves all
   * sizes. Undeclared programs are compiled anew for each new signature.
   */
  readonly inputs?: { [K in keyof Args]: InputSpecs<Args[K]> };
  /**
   * Read variables as constants, which ONNX Runtime folds and packs: for inference. A frozen program is
   * compiled anew when a variable it read has changed.
   */
  readonly freeze?: boolean;
  readonly runtime?: Runtime;
  /** Writes ONNX Runtime's trace, in Chrome's format with our operation names, to files with this prefix. */
  readonly profilePrefix?: string;
}

/** A compiled function of arrays. */
export interface Program<Args extends readonly unknown[], Result> {
  /** Runs the program; variables it assigns have their new values when the promise resolves. */
  (...args: { [K in keyof Args]: Inputs<Args[K]> }): Promise<Arrays<Result>>;
  /**
   * The ONNX model, for any ONNX runtime. Variables are stored as constants unless the program assigns them.
   *
   * @throws TensorError when `inputs` were not declared.
   */
  export(info?: Partial<ModelInfo>): Uint8Array;
  /** Compiles for the declared inputs, or for arrays like these, without running. */
  compile(...args: { [K in keyof Args]: Inputs<Args[K]> } | []): Promise<void>;
  /** Completes the profile, if one was asked for. */
  endProfiling(): void;
  /** Frees the sessions. */
  release(): Promise<void>;
}

/** One traced signature. */
interface Traced {
  readonly inputs: readonly Port[];
  readonly result: unknown;
  readonly outputs: readonly Port[];
  readonly reads: readonly { readonly variable: Variable; readonly port: Port }[];
  readonly assigned: readonly { readonly variable: Variable; readonly port: Port }[];
  /** Variables folded in as constants, with the version that was read. */
  readonly folded: ReadonlyMap<Variable, number>;
}

interface Compiled extends Traced {
  readonly session: Session;
}

/**
 * Makes a program of a function on tensors. The function is called once per input signature, to record
 * what it computes; it may read and assign variables.
 *
 * @example
 * const step = program((x: Tensor, y: Tensor) => {
 *   const loss = mean(square(sub(model.forward(x), y)));
 *   optimizer.update(grad(loss, model.parameters()));
 *   return { loss };
 * });
 * const { loss } = await step(xs, ys);
 */
export function program<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
  options: ProgramOptions<Args> = {},
): Program<Args, Result> {
  const name = options.name ?? (fn.name || 'program');
  const runtime = () => options.runtime ?? defaultRuntime();
  const compiled = new Map<string, Promise<Compiled>>();

  async function compile(args: unknown): Promise<Compiled> {
    const traced = trace(fn as never, name, args, options.freeze ?? false);
    const model = buildModel(
      [...traced.inputs, ...traced.reads.map((r) => r.port)],
      [...traced.outputs, ...traced.assigned.map((a) => a.port)],
      runtime().device,
      { name },
    );
    const { profilePrefix } = options;
    const session = await runtime().createSession(model, profilePrefix ? { profilePrefix } : {});
    return { ...traced, session };
  }

  async function compiledFor(args: unknown): Promise<Compiled> {
    const specs = options.inputs ?? mapTree(args, (a) => a);
    const key = options.inputs ? 'declared' : signature(args);
    const known = await compiled.get(key);
    if (known && [...known.folded].every(([variable, version]) => variable.version === version)) return known;
    await known?.session.release();
    const fresh = compile(specs);
    compiled.set(key, fresh);
    fresh.catch(() => compiled.delete(key));
    return fresh;
  }

  async function run(...given: unknown[]): Promise<unknown> {
    const args = mapTree(given, asArray);
    const { session, inputs, outputs, reads, assigned, result } = await compiledFor(args);
    const feeds = new Map<string, NDArray>();
    leavesOf(args).forEach((a, i) => {
      const port = inputs[i];
      if (!port) throw new TensorError(name, `more inputs given than declared (${inputs.length})`);
      checkInput(name, port, a as NDArray);
      feeds.set(port.name, a as NDArray);
    });
    if (feeds.size < inputs.length) {
      throw new TensorError(name, `${feeds.size} inputs given, ${inputs.length} declared`);
    }
    const execute = async () => {
      for (const { variable, port } of reads) feeds.set(port.name, variable.value);
      const wanted = new Map<string, NDArray | undefined>(outputs.map((o) => [o.name, undefined]));
      for (const { variable, port } of assigned) wanted.set(port.name, variable.spare());
      const results = await session.run(feeds, wanted);
      for (const { variable } of assigned) variable.swap();
      return results;
    };
    const results = await (reads.length + assigned.length > 0 ? exclusively(execute) : execute());
    const names = new Map(outputs.map((o) => [o.tensor, o.name]));
    return mapTree(result, (leaf) => (leaf instanceof Tensor ? results.get(names.get(leaf)!) : leaf));
  }

  return Object.assign(run, {
    compile: async (...args: unknown[]) => {
      await compiledFor(mapTree(args, asArray));
    },
    export: (info: Partial<ModelInfo> = {}) => {
      if (!options.inputs) throw new TensorError(name, 'export needs declared inputs (options.inputs)');
      const { inputs, outputs } = trace(fn as never, name, options.inputs, true);
      return buildModel(inputs, outputs, 'cpu', { name, ...info });
    },
    endProfiling: () => {
      for (const c of compiled.values()) void c.then(({ session }) => session.endProfiling());
    },
    release: async () => {
      const sessions = await Promise.all(compiled.values());
      compiled.clear();
      await Promise.all(sessions.map((c) => c.session.release()));
    },
  }) as Program<Args, Result>;
}

/** Runs that touch variables take turns: each must see the values that the one before left. */
let turn: Promise<unknown> = Promise.resolve();
function exclusively<T>(task: () => Promise<T>): Promise<T> {
  const mine = turn.then(task, task);
  turn = mine.catch(() => undefined);
  return mine;
}

/** Records `fn` on placeholders made from `args`: arrays or declared specs. */
function trace(fn: (...args: unknown[]) => unknown, name: string, args: unknown, freeze: boolean): Traced {
  const inputs: Port[] = [];
  const tensors = mapTreeOfSpecs(args, (spec, path) => {
    const shape = spec.shape.map((d) => (typeof d === 'string' ? symbol(d) : d));
    const tensor = placeholder(path, { dtype: spec.dtype ?? 'float32', shape });
    inputs.push({ name: inputName(path), tensor });
    return tensor;
  });
  const recorded = new Trace(freeze);
  const result = recorded.run(() => fn(...(tensors as unknown[])));

  const outputs: Port[] = [];
  const taken = new Set(inputs.map((i) => i.name));
  forEachLeaf(result, (leaf, path) => {
    if (!(leaf instanceof Tensor)) {
      throw new TensorError(name, `result ${path || '(whole)'} is not a tensor`);
    }
    if (outputs.some((o) => o.tensor === leaf)) return;
    const wanted = path || 'output';
    const unique = taken.has(wanted) ? `${wanted}.out` : wanted;
    taken.add(unique);
    outputs.push({ name: unique, tensor: leaf });
  });
  const assigned = [...recorded.assigned].filter(([v, t]) => recorded.reads.get(v) !== t);
  return {
    inputs,
    result,
    outputs,
    reads: freeze
      ? []
      : [...recorded.reads].map(([variable, tensor], i) => ({
          variable,
          port: { name: `state.${i}`, tensor },
        })),
    assigned: assigned.map(([variable, tensor], i) => ({ variable, port: { name: `next.${i}`, tensor } })),
    folded: new Map(freeze ? [...recorded.reads.keys()].map((v) => [v, v.version]) : []),
  };
}

/** `0.mel` → `mel`: arguments' own positions appear in names only where nothing else does. */
const inputName = (path: string): string => {
  const inner = path.replace(/^\d+\.?/, '');
  return inner || `input${path}`;
};

const isSpec = (x: unknown): x is InputSpec =>
  x instanceof NDArray || (typeof x === 'object' && x !== null && Array.isArray((x as InputSpec).shape));

function mapTreeOfSpecs(tree: unknown, map: (spec: InputSpec, path: string) => unknown, path = ''): unknown {
  if (isSpec(tree)) return map(tree, path);
  const child = (key: string | number) => (path ? `${path}.${key}` : String(key));
  if (Array.isArray(tree)) return tree.map((t, i) => mapTreeOfSpecs(t, map, child(i)));
  return Object.fromEntries(
    Object.entries(tree as object).map(([k, t]) => [k, mapTreeOfSpecs(t, map, child(k))]),
  );
}

function asArray(leaf: unknown, path: string): NDArray {
  if (leaf instanceof NDArray) return leaf;
  if (typeof leaf === 'number') return array(leaf);
  throw new TensorError(
    'program',
    `argument ${path} is ${leaf === null ? 'null' : typeof leaf}, expected an NDArray or a number`,
  );
}

function signature(args: unknown): string {
  const parts: string[] = [];
  forEachLeaf(args, (a, path) => parts.push(`${path}:${(a as NDArray).dtype}[${(a as NDArray).shape}]`));
  return parts.join(';');
}

function checkInput(name: string, port: Port, given: NDArray): void {
  const { dtype, shape } = port.tensor;
  const fits =
    shape.length === given.shape.length &&
    shape.every((d: Shape[number], i) => typeof d !== 'number' || d === given.shape[i]);
  if (!fits || dtype !== given.dtype) {
    throw new TensorError(
      name,
      `input ${port.name} is ${given.dtype} ${shapeText(given.shape)}, expected ${dtype} ${shapeText(shape)}`,
    );
  }
}
