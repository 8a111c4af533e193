/**
 * @module What encoders and decoders are made of (section 2 of the specification). Fields have the authors' names.
 */
import {
  add,
  asTensor,
  cast,
  constant,
  type Dim,
  expandDims,
  mul,
  NDArray,
  relu,
  slice,
  type Tensor,
  type TensorLike,
  type Variable,
} from '@sextant/engine';
import {
  Dropout,
  Embedding,
  init,
  LayerNorm,
  Linear,
  Module,
  mergeHeads,
  Sequential,
  scaledDotProductAttention,
  splitHeads,
} from '@sextant/nn';

/** Matrices are drawn as Xavier's uniform, biases as PyTorch draws them. */
const linear = (from: number, to: number): Linear => new Linear(from, to, { weightInit: init.xavierUniform });

/** Positions that inputs may have at most. */
const MAX_LENGTH = 3660;

/** sin (even columns) and cos (odd columns) of pos / 10000^(column / d): unlike in Vaswani et al. every column has its own frequency [length, d]. */
function positionalTable(length: number, d: number): NDArray<'float32'> {
  const table = new Float32Array(length * d);
  for (let pos = 0; pos < length; pos++) {
    for (let j = 0; j < d; j++) {
      const angle = pos / 10_000 ** (j / d);
      table[pos * d + j] = j % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return new NDArray(table, [length, d], 'float32');
}

/** Adds positions to x [B, S, d], then drops out. */
export class PositionalEncoder extends Module {
  private readonly dropout: Dropout;

  constructor(
    private readonly d: number,
    p: number,
  ) {
    super();
    this.dropout = new Dropout(p);
  }

  forward(x: Tensor): Tensor {
    const length: Dim = x.shape[1]!;
    const table =
      typeof length === 'number'
        ? constant(positionalTable(length, this.d))
        : slice(constant(positionalTable(MAX_LENGTH, this.d)), 0, 0, length);
    return this.dropout.forward(add(x, table));
  }
}

/** ReLU(W x · √d): features brought to the network's width. */
export class FeatureEmbedder extends Module {
  readonly embedder: Linear;

  constructor(
    from: number,
    private readonly to: number,
  ) {
    super();
    this.embedder = linear(from, to);
  }

  forward(x: TensorLike): Tensor {
    return relu(mul(this.embedder.forward(x), Math.sqrt(this.to)));
  }
}

/** Vectors of words times √d; word vectors of another width go through a linear map. */
export class VocabularyEmbedder extends Module {
  readonly embedder: Embedding | Sequential;
  /** Vectors [V, width] by word. */
  readonly #table: Embedding;

  /** @param width - of the word vectors; `d` if absent. */
  constructor(
    vocabulary: number,
    private readonly d: number,
    width = d,
  ) {
    super();
    this.#table = new Embedding(vocabulary, width, { weightInit: init.xavierUniform });
    this.embedder = width === d ? this.#table : new Sequential(this.#table, linear(width, d), relu);
  }

  /** The vectors [V, width] of all words. */
  get vectors(): Variable {
    return this.#table.parameters()[0]!;
  }

  /** ids [B, S] → [B, S, d] */
  forward(ids: TensorLike): Tensor {
    return mul(this.embedder.forward(cast(asTensor(ids), 'int32')), Math.sqrt(this.d));
  }
}

/** Attention of `h` heads of width d / h, whose inputs and outputs may have other widths. */
export class MultiHeadAttention extends Module {
  readonly linear_Q2d: Linear;
  readonly linear_K2d: Linear;
  readonly linear_V2d: Linear;
  readonly linear_d2Q: Linear;
  private readonly drop: Dropout;

  /** @param dropout - of what heads give, not of their weights. */
  constructor(
    dQ: number,
    dKV: number,
    private readonly h: number,
    d: number,
    dropout: number,
  ) {
    super();
    this.linear_Q2d = linear(dQ, d);
    this.linear_K2d = linear(dKV, d);
    this.linear_V2d = linear(dKV, d);
    this.linear_d2Q = linear(d, dQ);
    this.drop = new Dropout(dropout);
  }

  /**
   * @param q - [B, Sq, dQ]
   * @param kv - [B, Sk, dKV]
   * @param mask - bool [B, 1 or Sq, Sk]: where a query may look.
   */
  forward(q: Tensor, kv: Tensor, mask: Tensor): Tensor {
    const heads = (x: Tensor) => splitHeads(x, this.h);
    const found = scaledDotProductAttention(
      heads(this.linear_Q2d.forward(q)),
      heads(this.linear_K2d.forward(kv)),
      heads(this.linear_V2d.forward(kv)),
      { mask: expandDims(mask, 1) },
    );
    return this.linear_d2Q.forward(mergeHeads(this.drop.forward(found)));
  }
}

/** x + dropout(f(norm(x))) */
export class ResidualConnection extends Module {
  readonly norm: LayerNorm;
  private readonly dropout: Dropout;

  constructor(d: number, p: number) {
    super();
    this.norm = new LayerNorm(d);
    this.dropout = new Dropout(p);
  }

  forward(x: Tensor, f: (normed: Tensor) => Tensor): Tensor {
    return add(x, this.dropout.forward(f(this.norm.forward(x))));
  }
}

/** Two linear maps with a rectifier between, on every position. */
export class FeedForward extends Module {
  readonly fc1: Linear;
  readonly fc2: Linear;
  private readonly dropout: Dropout;

  constructor(d: number, inner: number, p: number) {
    super();
    this.fc1 = linear(d, inner);
    this.fc2 = linear(inner, d);
    this.dropout = new Dropout(p);
  }

  forward(x: Tensor): Tensor {
    return this.fc2.forward(this.dropout.forward(relu(this.fc1.forward(x))));
  }
}

/** The last linear map, to words: logits [B, S, V]. */
export class WordGenerator extends Module {
  readonly linear: Linear;

  constructor(d: number, vocabulary: number) {
    super();
    this.linear = linear(d, vocabulary);
  }

  forward(x: Tensor): Tensor {
    return this.linear.forward(x);
  }
}
