/**
 * @module Programs: a function traced once per input signature, compiled to ONNX and run.
 */
import { foldConstants } from './compile/fold.js';
import { buildModel, type ModelInfo, type Port } from './compile/model.js';
import { type Shape, type SymbolicDim, shapeText, symbol } from './dim.js';
import { TensorError } from './errors.js';
import { array, type DType, NDArray } from './ndarray.js';
import { defaultRuntime } from './runtime/default.js';
import type { Runtime, Session } from './runtime/runtime.js';
import { placeholder, Tensor } from './tensor.js';
import { forEachLeaf, mapTree } from './tree.js';
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
}

/** A compiled function of arrays. */
export interface Program<Args extends readonly unknown[], Result> {
  /** Runs the program; variables it assigns have their new values when the promise resolves. */
  (...args: { [K in keyof Args]: Inputs<Args[K]> }): Promise<Arrays<Result>>;
  /**
   * The ONNX model, for any ONNX runtime. Variables are stored as constants, and what depends on
   * constants alone (normalised weights) as its value. Takes its turn among the runs: the weights are those that
   * the runs called before leave.
   *
   * @throws TensorError when `inputs` were not declared, or the program assigns variables.
   */
  export(info?: Partial<ModelInfo>): Promise<Uint8Array>;
  /** Compiles for the declared inputs, or for arrays like these, without running. */
  compile(...args: { [K in keyof Args]: Inputs<Args[K]> } | []): Promise<void>;
  /** Frees the sessions, when the runs under way have finished. A later run compiles anew. */
  release(): Promise<void>;
}

/** A variable and the model's input or output that carries its value. */
interface StatePort extends Port {
  readonly variable: Variable;
}

/** One traced signature. */
interface Traced {
  /** By path in the arguments: `0.mel`. */
  readonly inputs: ReadonlyMap<string, Port>;
  readonly outputs: readonly Port[];
  /** The result's structure, with names of outputs for leaves. */
  readonly result: unknown;
  readonly reads: readonly StatePort[];
  readonly assigned: readonly StatePort[];
  /** Variables folded in as constants, with the version that was read. */
  readonly folded: ReadonlyMap<Variable, number>;
}

/** A traced signature's session, and of the trace what runs need: the graph itself is let go. */
interface Compiled extends Pick<Traced, 'inputs' | 'result' | 'folded'> {
  readonly session: Session;
  readonly outputs: readonly string[];
  readonly reads: readonly { readonly variable: Variable; readonly name: string }[];
  readonly assigned: readonly { readonly variable: Variable; readonly name: string }[];
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
  const compiled = new Map<string, Compiled>();
  const declared = new Map<string, DType>();
  if (options.inputs) {
    mapTreeOfSpecs(name, options.inputs, (spec, path) => declared.set(path, spec.dtype ?? 'float32'));
  }

  async function compile(args: unknown): Promise<Compiled> {
    const { inputs, outputs, reads, assigned, ...rest } = trace(
      fn as never,
      name,
      args,
      options.freeze ?? false,
    );
    const model = buildModel(
      [...inputs.values(), ...reads],
      [...outputs, ...assigned],
      await runtime().target(),
      {
        name,
      },
    );
    const session = await runtime().createSession(model, name);
    const withoutTensor = ({ variable, name }: StatePort) => ({ variable, name });
    return {
      ...rest,
      inputs,
      session,
      outputs: outputs.map((o) => o.name),
      reads: reads.map(withoutTensor),
      assigned: assigned.map(withoutTensor),
    };
  }

  async function compiledFor(args: unknown): Promise<Compiled> {
    const key = options.inputs ? 'declared' : signature(args);
    const known = compiled.get(key);
    if (known && [...known.folded].every(([variable, version]) => variable.version === version)) return known;
    compiled.delete(key);
    await known?.session.release();
    const fresh = await compile(options.inputs ?? args);
    compiled.set(key, fresh);
    return fresh;
  }

  const arrays = (given: unknown[]) =>
    mapTree(given, (leaf, path) => asArray(name, leaf, path, declared.get(path)));

  async function run(args: unknown): Promise<unknown> {
    const { session, inputs, outputs, reads, assigned, result } = await compiledFor(args);
    const feeds = bindInputs(name, inputs, args);
    for (const { variable, name } of reads) feeds.set(name, variable.value);
    const wanted = new Map<string, NDArray | undefined>(outputs.map((o) => [o, undefined]));
    for (const { variable, name } of assigned) wanted.set(name, variable.spare());
    const results = await session.run(feeds, wanted);
    for (const { variable } of assigned) variable.swap();
    return mapTree(result, (output) => results.get(output as string));
  }

  return Object.assign(async (...given: unknown[]) => inTurn(() => run(arrays(given))), {
    compile: (...args: unknown[]) =>
      inTurn(async () => {
        await compiledFor(arrays(args));
      }),
    export: (info: Partial<ModelInfo> = {}) =>
      inTurn(async () => {
        if (!options.inputs) throw new TensorError(name, 'export needs declared inputs (options.inputs)');
        const { inputs, outputs } = trace(fn as never, name, options.inputs, true);
        const folded = await foldConstants(
          outputs.map((o) => o.tensor),
          runtime(),
        );
        const ports = outputs.map(({ name }, i) => ({ name, tensor: folded[i]! }));
        return buildModel([...inputs.values()], ports, { device: 'cpu' }, { name, ...info });
      }),
    release: () =>
      inTurn(async () => {
        const sessions = [...compiled.values()].map((c) => c.session);
        compiled.clear();
        await Promise.all(sessions.map((s) => s.release()));
      }),
  }) as Program<Args, Result>;
}

/**
 * Programs take turns, in the order of the calls: each run sees the variables as the one before left them,
 * and a session is freed when no run uses it.
 */
let turn: Promise<unknown> = Promise.resolve();
function inTurn<T>(task: () => Promise<T>): Promise<T> {
  const mine = turn.then(task);
  turn = mine.catch(() => undefined);
  return mine;
}

/** Records `fn` on placeholders made from `args`: arrays or declared specs. */
function trace(fn: (...args: unknown[]) => unknown, name: string, args: unknown, freeze: boolean): Traced {
  const taken = new Set<string>();
  const unique = (wanted: string): string => {
    let free = wanted;
    for (let n = 2; taken.has(free); n++) free = `${wanted}.${n}`;
    taken.add(free);
    return free;
  };

  const inputs = new Map<string, Port>();
  const tensors = mapTreeOfSpecs(name, args, (spec, path) => {
    const label = unique(inputName(path));
    const shape = spec.shape.map((d) => (typeof d === 'string' ? dimension(name, label, d) : d));
    const tensor = placeholder(label, { dtype: spec.dtype ?? 'float32', shape });
    inputs.set(path, { name: label, tensor });
    return tensor;
  });
  const recorded = new Trace(freeze);
  const value = recorded.run(() => fn(...(tensors as unknown[])));

  const outputs = new Map<Tensor, Port>();
  const result = mapTree(value, (leaf, path) => {
    if (!(leaf instanceof Tensor)) {
      throw new TensorError(name, `result ${path ? `${path} ` : ''}is ${describe(leaf)}, not a tensor`);
    }
    const known = outputs.get(leaf);
    if (known) return known.name;
    const wanted = path || 'output';
    const port = { name: unique(taken.has(wanted) ? `${wanted}.out` : wanted), tensor: leaf };
    outputs.set(leaf, port);
    return port.name;
  });

  const statePort = (kind: string, variable: Variable, tensor: Tensor, index: number): StatePort => ({
    variable,
    tensor,
    name: unique(`${kind}.${variable.name || index}`),
  });
  const assigned = [...recorded.assigned].filter(([v, t]) => recorded.reads.get(v) !== t);
  return {
    inputs,
    outputs: [...outputs.values()],
    result,
    reads: freeze ? [] : [...recorded.reads].map(([v, t], i) => statePort('state', v, t, i)),
    assigned: assigned.map(([v, t], i) => statePort('next', v, t, i)),
    folded: new Map(freeze ? [...recorded.reads.keys()].map((v) => [v, v.version]) : []),
  };
}

/** `0.mel` → `mel`: arguments' own positions appear in names only where nothing else does. */
const inputName = (path: string): string => {
  const inner = path.replace(/^\d+\.?/, '');
  return inner || `input${path}`;
};

function dimension(program: string, input: string, text: string): SymbolicDim {
  if (!/^[A-Za-z_]\w*$/.test(text)) {
    throw new TensorError(program, `input ${input}: dimension '${text}' is not a name`);
  }
  return symbol(text);
}

const isSpec = (x: unknown): x is InputSpec =>
  x instanceof NDArray || (typeof x === 'object' && x !== null && Array.isArray((x as InputSpec).shape));

function mapTreeOfSpecs(
  name: string,
  tree: unknown,
  map: (spec: InputSpec, path: string) => unknown,
  path = '',
): unknown {
  if (isSpec(tree)) return map(tree, path);
  const below = (key: string | number, t: unknown) =>
    mapTreeOfSpecs(name, t, map, path ? `${path}.${key}` : String(key));
  if (Array.isArray(tree)) return tree.map((t, i) => below(i, t));
  if (typeof tree !== 'object' || tree === null) {
    throw new TensorError(
      name,
      `input ${inputName(path)} is declared as ${describe(tree)}, not as { shape }`,
    );
  }
  return Object.fromEntries(Object.entries(tree).map(([k, t]) => [k, below(k, t)]));
}

function asArray(name: string, leaf: unknown, path: string, dtype: DType = 'float32'): NDArray {
  if (leaf instanceof NDArray) return leaf;
  if (typeof leaf === 'number') return array(leaf, { dtype });
  throw new TensorError(
    name,
    `input ${inputName(path)} is ${describe(leaf)}, expected an NDArray or a number`,
  );
}

/** What a value is, for error messages. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  return `a ${value.constructor?.name ?? 'object'}`;
}

function signature(args: unknown): string {
  const parts: string[] = [];
  forEachLeaf(args, (a, path) => parts.push(`${path}:${(a as NDArray).dtype}[${(a as NDArray).shape}]`));
  return parts.join(';');
}

/** Arrays by the name of the input they are for. @throws TensorError where they do not fit. */
function bindInputs(name: string, inputs: ReadonlyMap<string, Port>, args: unknown): Map<string, NDArray> {
  const feeds = new Map<string, NDArray>();
  const sizes = new Map<string, { readonly size: number; readonly input: string }>();
  forEachLeaf(args, (leaf, path) => {
    const port = inputs.get(path);
    if (!port) {
      const known = [...inputs.values()].map((p) => p.name).join(', ') || 'none';
      throw new TensorError(name, `has no input ${inputName(path)} (its inputs: ${known})`);
    }
    const given = leaf as NDArray;
    checkInput(name, port, given);
    port.tensor.shape.forEach((d, axis) => {
      if (typeof d === 'number') return;
      const size = given.shape[axis]!;
      const known = sizes.get(d.key);
      if (known && known.size !== size) {
        throw new TensorError(
          name,
          `dimension ${d} is ${known.size} in input ${known.input}, ${size} in input ${port.name}`,
        );
      }
      if (!known) sizes.set(d.key, { size, input: port.name });
    });
    feeds.set(port.name, given);
  });
  for (const port of inputs.values()) {
    if (!feeds.has(port.name)) throw new TensorError(name, `input ${port.name} is missing`);
  }
  return feeds;
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
