/**
 * @module Modules: plain classes whose fields are sub-modules, parameters and buffers.
 */
import { asTensor, type Tensor, type TensorLike, Variable } from '@sextant/engine';
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
  /**
   * Whether dropout drops and batch statistics are used and collected. Read while a program is traced:
   * call {@link train} or {@link eval} inside the traced function, before `forward`.
   */
  training = true;

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

  /** Sets training mode here and below. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Sets inference mode here and below. */
  eval(): this {
    return this.train(false);
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
