/**
 * @module Modules: plain classes whose fields are sub-modules, parameters and buffers.
 */
import { asTensor, type Tensor, TensorError, type TensorLike, Variable } from '@sextant/engine';
import { Stateful } from './stateful.js';

/** A variable that training changes by its gradient. */
export class Parameter extends Variable {}

/**
 * Part of a model. Fields that are modules, parameters, buffers (plain variables), or lists and records of
 * these are its parts, and their names make the parameters' paths: there is nothing to register.
 *
 * @example
 * class Classifier extends Module {
 *   readonly hidden = new Linear(784, 128);
 *   readonly output = new Linear(128, 10);
 *
 *   forward(x: TensorLike): Tensor {
 *     return this.output.forward(relu(this.hidden.forward(x)));
 *   }
 * }
 */
export abstract class Module extends Stateful {
  #training = true;

  /**
   * Whether dropout drops and batch statistics are used and collected: true, but inside {@link eval}.
   */
  get training(): boolean {
    return this.#training;
  }

  /** This module and all below it, each once. */
  modules(): Module[] {
    const found = new Set<Module>([this]);
    for (const [, node] of this.descendants()) if (node instanceof Module) found.add(node);
    return [...found];
  }

  /** Parameters by path, each once: a shared one under its first path. */
  namedParameters(): Map<string, Parameter> {
    const seen = new Set<Variable>();
    const found = new Map<string, Parameter>();
    for (const [path, variable] of this.namedVariables()) {
      if (!(variable instanceof Parameter) || seen.has(variable)) continue;
      seen.add(variable);
      found.set(path, variable);
    }
    return found;
  }

  /** All parameters, each once. */
  parameters(): Parameter[] {
    return [...this.namedParameters().values()];
  }

  /** How many numbers training changes. */
  get numParameters(): number {
    return this.parameters().reduce((n, p) => n + p.value.size, 0);
  }

  /**
   * Records what `fn` does with this module and all below it in inference mode. The mode ends with the call,
   * so that no other program, nor the rest of this one, is recorded in it by chance.
   *
   * @example const predict = program((x: Tensor) => model.eval((m) => m.forward(x)));
   * @throws TensorError when `fn` returns a promise: the mode is for recording, not for running.
   */
  eval<T>(fn: (module: this) => T): T {
    return this.#inMode(false, fn);
  }

  /** Training mode, as {@link eval}: for a part that collects batch statistics while the rest infers. */
  train<T>(fn: (module: this) => T): T {
    return this.#inMode(true, fn);
  }

  #inMode<T>(training: boolean, fn: (module: this) => T): T {
    const before = this.modules().map((module) => [module, module.#training] as const);
    for (const [module] of before) module.#training = training;
    try {
      const result = fn(this);
      if (result instanceof Promise) {
        throw new TensorError(
          training ? 'train' : 'eval',
          'got a promise: call it inside the function given to program(), around forward',
        );
      }
      return result;
    } finally {
      for (const [module, mode] of before) module.#training = mode;
    }
  }
}

/** A module of one tensor in, one tensor out. */
export interface Layer extends Module {
  forward(x: TensorLike): Tensor;
}

/**
 * Layers and functions applied one after the other. Parameters are named by position, `0.weight`, as in
 * PyTorch's `Sequential`; functions count as positions too.
 *
 * @example new Sequential(new Linear(2, 16), tanh, new Linear(16, 1))
 */
export class Sequential extends Module {
  readonly layers: readonly (Layer | ((x: Tensor) => Tensor))[];

  constructor(...layers: readonly (Layer | ((x: Tensor) => Tensor))[]) {
    super();
    this.layers = layers;
  }

  protected override fields(): Iterable<readonly [string, unknown]> {
    return Object.entries(this.layers);
  }

  forward(x: TensorLike): Tensor {
    return this.layers.reduce<Tensor>(
      (y, layer) => (typeof layer === 'function' ? layer(y) : layer.forward(y)),
      asTensor(x),
    );
  }
}
