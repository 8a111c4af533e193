/**
 * @module State: values that outlive a program's run.
 */
import { TensorError } from './errors.js';
import { allocate, type DType, NDArray } from './ndarray.js';
import {
  asTensor,
  constant,
  expectShape,
  placeholder,
  type Tensor,
  type TensorLike,
  type TensorSource,
} from './tensor.js';

/**
 * A mutable array that programs read and assign: a parameter, an optimiser's moment, a moving statistic.
 *
 * Inside a traced function a variable stands for its present value: reading it after `assign` gives what
 * was assigned. Outside, `value` is the array as the last finished run left it.
 */
export class Variable implements TensorSource {
  /** Path in its module, such as `generator.stages.0.conv.weight`; set by whoever owns it. */
  name = '';
  private current: NDArray;
  private spareBuffer: NDArray | undefined;
  /** Grows with every change, so that programs that folded the value in know it is stale. */
  private revision = 0;

  /** @param initial - copied: runs write to the variable's own memory only. */
  constructor(initial: NDArray) {
    this.current = initial.copy();
  }

  get shape(): readonly number[] {
    return this.current.shape;
  }

  get dtype(): DType {
    return this.current.dtype;
  }

  /** The present array. The next runs that assign the variable overwrite it: copy what must stay. */
  get value(): NDArray {
    return this.current;
  }

  /**
   * Replaces the value from outside a program (loading weights) by a copy of `next`.
   *
   * @throws TensorError on another shape or dtype.
   */
  set value(next: NDArray) {
    if (next.shape.join() !== this.shape.join() || next.dtype !== this.dtype) {
      throw new TensorError(
        'Variable',
        `${this.name || 'value'} is ${this.dtype} [${this.shape.join(', ')}], cannot hold ${next.dtype} [${next.shape.join(', ')}]`,
      );
    }
    this.current = next.copy();
    this.revision++;
  }

  get version(): number {
    return this.revision;
  }

  /** The variable's present value in the program being traced. @throws TensorError outside a program. */
  toTensor(): Tensor {
    return currentTrace('Variable').read(this);
  }

  /**
   * Within a program: from here on, and after the run, the variable has this value.
   *
   * @throws TensorError on another shape or dtype, in a frozen program, and inside a loop.
   */
  assign(next: TensorLike): void {
    const value = asTensor(next, this.dtype);
    expectShape('assign', this.name || 'value', value, this.shape);
    if (value.dtype !== this.dtype) {
      throw new TensorError('assign', `${this.name || 'value'} is ${this.dtype}, got ${value.dtype}`);
    }
    currentTrace('assign').assign(this, value);
  }

  /** The buffer the next value is written to while the present one is still being read. */
  spare(): NDArray {
    this.spareBuffer ??= new NDArray(allocate(this.dtype, this.current.size), this.shape, this.dtype);
    return this.spareBuffer;
  }

  /** Makes the spare buffer, now holding the next value, the present one. */
  swap(): void {
    const next = this.spare();
    this.spareBuffer = this.current;
    this.current = next;
    this.revision++;
  }
}

/** The values that variables have been assigned, each variable's in their order. */
export type Assignments = ReadonlyMap<Variable, readonly Tensor[]>;

/** What a function that was run aside returned, and what it assigned. */
interface Aside<T> {
  readonly result: T;
  readonly assigned: ReadonlyMap<Variable, Tensor>;
}

/** What one run of a traced function reads and assigns. */
export class Trace {
  /** The tensor that stands for a variable's value at the start of the run. */
  readonly reads = new Map<Variable, Tensor>();
  private assignments = new Map<Variable, readonly Tensor[]>();
  /** Why variables cannot be assigned at present. */
  private refusal: string | undefined;

  /** @param frozen - variables are read as constants (for inference and export). */
  constructor(readonly frozen: boolean) {}

  /** The variables that were assigned, with their final values. */
  get assigned(): Map<Variable, Tensor> {
    return new Map([...this.assignments].map(([v, values]) => [v, values.at(-1)!]));
  }

  read(variable: Variable): Tensor {
    const known = this.assignments.get(variable)?.at(-1) ?? this.reads.get(variable);
    if (known) return known;
    const label = variable.name || `variable${this.reads.size}`;
    const tensor = this.frozen ? constant(variable.value) : placeholder(label, variable);
    this.reads.set(variable, tensor);
    return tensor;
  }

  assign(variable: Variable, value: Tensor): void {
    const refusal = this.frozen ? 'is frozen in this program' : this.refusal;
    if (refusal) throw new TensorError('assign', `${variable.name || 'a variable'} ${refusal}`);
    this.assignments.set(variable, [...(this.assignments.get(variable) ?? []), value]);
  }

  /** Every value that the variable has had so far, the latest last. */
  values(variable: Variable): readonly Tensor[] {
    const first = this.reads.get(variable);
    return [...(first ? [first] : []), ...(this.assignments.get(variable) ?? [])];
  }

  /** Runs `fn` with this trace as the current one. */
  run<T>(fn: () => T): T {
    const outer = active;
    active = this;
    try {
      return fn();
    } finally {
      active = outer;
    }
  }

  /** Runs `fn` with the given assignments instead of the present ones, which are as they were afterwards. */
  aside<T>(from: Assignments, fn: () => T): Aside<T> {
    const outer = this.assignments;
    this.assignments = new Map(from);
    try {
      const result = fn();
      const changed = [...this.assignments].filter(([variable, values]) => values !== from.get(variable));
      return { result, assigned: new Map(changed.map(([variable, values]) => [variable, values.at(-1)!])) };
    } finally {
      this.assignments = outer;
    }
  }

  /** Runs `fn`, in which assigning a variable throws: "`name` `refusal`". */
  refusing<T>(refusal: string, fn: () => T): T {
    const outer = this.refusal;
    this.refusal ??= refusal;
    try {
      return fn();
    } finally {
      this.refusal = outer;
    }
  }

  get present(): Assignments {
    return new Map(this.assignments);
  }
}

let active: Trace | undefined;

/** The trace being recorded. @throws TensorError when no program is being traced. */
export function currentTrace(op: string): Trace {
  if (!active) throw new TensorError(op, 'variables can be used only inside a function given to program()');
  return active;
}

/** What variables have been assigned so far. */
export const presentAssignments = (): Assignments => active?.present ?? new Map();

/**
 * Runs `fn` while variables have other values. What it assigns is returned, not assigned.
 *
 * @param values - of some variables.
 * @param from - what the others have been assigned.
 */
export function withValues<T>(
  values: ReadonlyMap<Variable, Tensor>,
  fn: () => T,
  from: Assignments = presentAssignments(),
): Aside<T> {
  if (!active) return { result: fn(), assigned: new Map() };
  return active.aside(new Map([...from, ...[...values].map(([v, t]) => [v, [t]] as const)]), fn);
}

/** Runs `fn`, in which assigning a variable throws an error that says the variable `refusal`. */
export const refusingAssignments = <T>(refusal: string, fn: () => T): T =>
  active ? active.refusing(refusal, fn) : fn();
