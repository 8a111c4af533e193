/**
 * @module Recurrent layers: LSTM and GRU, and their cells for one step.
 *
 * Weights are in PyTorch's layout and gate order. A sequence runs as one loop inside the program, so that its
 * length may be large or symbolic; what depends on the input alone is one product before the loop.
 */
import {
  add,
  array,
  asTensor,
  broadcastTo,
  constant,
  matmul,
  mul,
  type Shape,
  scan,
  sigmoid,
  slice,
  split,
  squeeze,
  stack,
  sub,
  swapAxes,
  type Tensor,
  TensorError,
  type TensorLike,
  tanh,
  transpose,
} from '@sextant/engine';
import { Dropout } from './dropout.js';
import * as init from './init.js';
import { Module, Parameter } from './module.js';

export interface CellOptions extends init.RandomOptions {
  /** Whether the gates have learned offsets (default true). */
  readonly bias?: boolean;
}

/** What is carried from step to step: the hidden state first. */
type State = readonly Tensor[];

const zeroState = (x: Tensor, shape: Shape, parts: number): State =>
  Array.from({ length: parts }, () => broadcastTo(constant(array(0, { dtype: x.dtype })), shape));

/** What the cells share: gates of H units each, from the input and from the hidden state. */
abstract class Cell extends Module {
  /** [gates · H, in] */
  readonly weight_ih: Parameter;
  /** [gates · H, H] */
  readonly weight_hh: Parameter;
  /** [gates · H] */
  readonly bias_ih: Parameter | undefined;
  /** [gates · H] */
  readonly bias_hh: Parameter | undefined;
  /** How many tensors a state has. */
  abstract readonly parts: number;

  constructor(
    gates: number,
    readonly inputSize: number,
    readonly hiddenSize: number,
    { bias = true, generator }: CellOptions,
  ) {
    super();
    const parameter = (...columns: number[]) =>
      new Parameter(init.layerUniform([gates * hiddenSize, ...columns], hiddenSize, { generator }));
    this.weight_ih = parameter(inputSize);
    this.weight_hh = parameter(hiddenSize);
    this.bias_ih = bias ? parameter() : undefined;
    this.bias_hh = bias ? parameter() : undefined;
  }

  /** What the input alone adds to the gates: x [..., in] → [..., gates · H]. */
  project(x: TensorLike): Tensor {
    return affine(x, transpose(this.weight_ih), this.bias_ih);
  }

  /**
   * The next state, from the projected input [B, gates · H].
   *
   * @param recurrent - `weight_hh` transposed, which a loop computes once, before it begins.
   */
  abstract step(projected: Tensor, state: State, recurrent: Tensor): State;

  /** One step from x [B, in] and a state, zeros by default. */
  protected next(x: TensorLike, state: State | undefined): State {
    const t = asTensor(x);
    const before = state ?? zeroState(t, [t.shape[0]!, this.hiddenSize], this.parts);
    return this.step(this.project(t), before, transpose(this.weight_hh));
  }
}

const affine = (x: TensorLike, weight: Tensor, bias: Parameter | undefined): Tensor => {
  const y = matmul(x, weight);
  return bias ? add(y, bias) : y;
};

/** Hidden and cell state, [B, H] each, or [layers, B, H] of a whole LSTM. */
export interface LSTMState {
  readonly h: Tensor;
  readonly c: Tensor;
}

/**
 * One step of an LSTM: with gates i, f, g, o (in this order in the weights),
 * c' = σ(f) c + σ(i) tanh(g) and h' = σ(o) tanh(c').
 */
export class LSTMCell extends Cell {
  readonly parts = 2;

  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(4, inputSize, hiddenSize, options);
  }

  /** x [B, in] and a state (zeros by default) → the next state. */
  forward(x: TensorLike, state?: LSTMState): LSTMState {
    const [h, c] = this.next(x, state && [state.h, state.c]) as [Tensor, Tensor];
    return { h, c };
  }

  /** Both biases are added before the loop. */
  override project(x: TensorLike): Tensor {
    const projected = super.project(x);
    return this.bias_hh ? add(projected, this.bias_hh) : projected;
  }

  step(projected: Tensor, [h, c]: State, recurrent: Tensor): State {
    const gates = add(projected, matmul(h!, recurrent));
    const [i, f, g, o] = split(gates, 4, -1) as [Tensor, Tensor, Tensor, Tensor];
    const cell = add(mul(sigmoid(f), c!), mul(sigmoid(i), tanh(g)));
    return [mul(sigmoid(o), tanh(cell)), cell];
  }
}

/**
 * One step of a GRU: with gates r, z, n (in this order in the weights), each from the input (x) and the
 * hidden state (h), r = σ(rₓ + rₕ), z = σ(zₓ + zₕ), n = tanh(nₓ + r nₕ) and h' = (1 - z) n + z h.
 */
export class GRUCell extends Cell {
  readonly parts = 1;

  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(3, inputSize, hiddenSize, options);
  }

  /** x [B, in] and a hidden state [B, H] (zeros by default) → the next hidden state. */
  forward(x: TensorLike, h?: Tensor): Tensor {
    return this.next(x, h && [h])[0]!;
  }

  step(projected: Tensor, [h]: State, recurrent: Tensor): State {
    const [rx, zx, nx] = split(projected, 3, -1) as [Tensor, Tensor, Tensor];
    const hidden = affine(h!, recurrent, this.bias_hh);
    const [rh, zh, nh] = split(hidden, 3, -1) as [Tensor, Tensor, Tensor];
    const z = sigmoid(add(zx, zh));
    const n = tanh(add(nx, mul(sigmoid(add(rx, rh)), nh)));
    return [add(n, mul(z, sub(h!, n)))];
  }
}

export interface RecurrentOptions extends CellOptions {
  /** Layers on top of each other (1). */
  readonly layers?: number;
  /** Probability of dropping an output of any layer but the last, in training (0). */
  readonly dropout?: number;
}

/** Cells on top of each other, each run over the whole sequence. */
abstract class Recurrent<C extends Cell> extends Module {
  readonly cells: readonly C[];
  private readonly dropout: Dropout;

  constructor(
    cell: (inputSize: number) => C,
    readonly inputSize: number,
    readonly hiddenSize: number,
    { layers = 1, dropout = 0 }: RecurrentOptions,
  ) {
    super();
    this.cells = Array.from({ length: layers }, (_, i) => cell(i === 0 ? inputSize : hiddenSize));
    this.dropout = new Dropout(dropout);
  }

  /** Parameters are named as in PyTorch: `weight_ih_l0`. */
  protected override fields(): Iterable<readonly [string, unknown]> {
    const ofCells = this.cells.flatMap((cell, i) =>
      Object.entries(cell).map(([name, field]) => [`${name}_l${i}`, field] as const),
    );
    return [...ofCells, ['dropout', this.dropout]];
  }

  /** x [B, T, in] and a state's parts [layers, B, H] → hidden states [B, T, H] of every layer and the final state's parts. */
  protected run(x: TensorLike, initial: State | undefined): { layers: readonly Tensor[]; state: State } {
    const t = asTensor(x);
    if (t.rank !== 3 || t.shape[2] !== this.inputSize) {
      throw new TensorError(
        this.constructor.name,
        `input [${t.shape.join(', ')}], expected [batch, time, ${this.inputSize}]`,
      );
    }
    const { length } = this.cells;
    const { parts } = this.cells[0]!;
    const start = initial ?? zeroState(t, [length, t.shape[0]!, this.hiddenSize], parts);
    const ends: State[] = [];
    const layers: Tensor[] = [];
    // Time first: the loop walks along the first axis.
    let sequence = swapAxes(t, 0, 1);
    for (const [i, cell] of this.cells.entries()) {
      const state = start.map((part) => squeeze(slice(part, 0, i, i + 1), 0));
      const recurrent = transpose(cell.weight_hh);
      const step = (before: State, projected: Tensor) => {
        const after = cell.step(projected, before, recurrent);
        return [after, after[0]!] as const;
      };
      const [end, hidden] = scan(step, state as State, cell.project(sequence));
      ends.push(end);
      layers.push(swapAxes(hidden, 0, 1));
      sequence = i + 1 < length ? this.dropout.forward(hidden) : hidden;
    }
    const state = Array.from({ length: parts }, (_, part) => stack(ends.map((end) => end[part]!)));
    return { layers, state };
  }
}

/** Long short-term memory over a sequence; the step is {@link LSTMCell}'s. */
export class LSTM extends Recurrent<LSTMCell> {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super((size) => new LSTMCell(size, hiddenSize, options), inputSize, hiddenSize, options);
  }

  /**
   * x [B, T, in] and a state of [layers, B, H] (zeros by default) → the last layer's hidden states
   * [B, T, H], those of every layer (before dropout), and the final state of every layer.
   *
   * @throws TensorError when x has other axes.
   */
  forward(
    x: TensorLike,
    initial?: LSTMState,
  ): { output: Tensor; layers: readonly Tensor[]; state: LSTMState } {
    const { layers, state } = this.run(x, initial && [initial.h, initial.c]);
    return { output: layers.at(-1)!, layers, state: { h: state[0]!, c: state[1]! } };
  }
}

/** Gated recurrent unit over a sequence; the step is {@link GRUCell}'s. */
export class GRU extends Recurrent<GRUCell> {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super((size) => new GRUCell(size, hiddenSize, options), inputSize, hiddenSize, options);
  }

  /**
   * x [B, T, in] and hidden states [layers, B, H] (zeros by default) → the last layer's hidden states
   * [B, T, H], and the final hidden state of every layer.
   *
   * @throws TensorError when x has other axes.
   */
  forward(x: TensorLike, initial?: Tensor): { output: Tensor; state: Tensor } {
    const { layers, state } = this.run(x, initial && [initial]);
    return { output: layers.at(-1)!, state: state[0]! };
  }
}
