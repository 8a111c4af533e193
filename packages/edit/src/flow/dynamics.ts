/**
 * @module The flow's vector field (section 2.2): a network whose layers are gated and shifted by time and attributes, and
 * its divergence (section 5.8).
 */
import {
  add,
  array,
  cast,
  constant,
  expandDims,
  full,
  matmul,
  mul,
  reshape,
  sigmoid,
  slice,
  square,
  squeeze,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  tanh,
  transpose,
  Variable,
} from '@sextant/engine';
import { Linear, Module } from '@sextant/nn';

/** y = (W x + b) · sigmoid(G [t, a] + d) + H [t, a]. Fields have the authors' names. */
export class ConcatSquashLinear extends Module {
  readonly _layer: Linear;
  readonly _hyper_bias: Linear;
  readonly _hyper_gate: Linear;

  constructor(inFeatures: number, outFeatures: number, contextFeatures: number) {
    super();
    this._layer = new Linear(inFeatures, outFeatures);
    this._hyper_bias = new Linear(1 + contextFeatures, outFeatures, { bias: false });
    this._hyper_gate = new Linear(1 + contextFeatures, outFeatures);
  }

  /** What of the layer remains to be done at each time, for attributes [B, C]. */
  conditioned(context: Tensor): ConditionedLayer {
    const [gate, shift] = [this._hyper_gate, this._hyper_bias].map(({ weight, bias }) => {
      const t = transpose(weight);
      const ofContext = matmul(context, slice(t, 0, 1));
      // An axis for the rows of an image.
      return {
        constant: expandDims(bias ? add(ofContext, bias) : ofContext, 1),
        slope: squeeze(slice(t, 0, 0, 1), [0]),
      };
    });
    return {
      weight: transpose(this._layer.weight),
      bias: add(this._layer.bias!, 0),
      gate: gate!,
      shift: shift!,
    };
  }
}

/** A layer for given attributes: its gate and shift are linear in time. */
export interface ConditionedLayer {
  /** [in, out] */
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly gate: LinearInTime;
  readonly shift: LinearInTime;
}

interface LinearInTime {
  /** [B, 1, out] */
  readonly constant: Tensor;
  /** [out] */
  readonly slope: Tensor;
}

/** A layer's tensors, in the order in which {@link layersOf} takes them. */
export const leavesOf = (layers: readonly ConditionedLayer[]): Tensor[] =>
  layers.flatMap(({ weight, bias, gate, shift }) => [
    weight,
    bias,
    gate.constant,
    gate.slope,
    shift.constant,
    shift.slope,
  ]);

/** The layers of {@link leavesOf}. */
export const layersOf = (leaves: readonly Tensor[]): ConditionedLayer[] =>
  Array.from({ length: leaves.length / 6 }, (_, i) => {
    const [weight, bias, gate, gateSlope, shift, shiftSlope] = leaves.slice(6 * i, 6 * i + 6) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    return {
      weight,
      bias,
      gate: { constant: gate, slope: gateSlope },
      shift: { constant: shift, slope: shiftSlope },
    };
  });

const at = ({ constant, slope }: LinearInTime, t: Tensor): Tensor => add(constant, mul(slope, t));

/** The network of dz/dt. */
class ODENet extends Module {
  readonly layers: readonly ConcatSquashLinear[];

  constructor(dimension: number, hidden: readonly number[], contextFeatures: number) {
    super();
    const widths = [dimension, ...hidden, dimension];
    this.layers = widths
      .slice(1)
      .map((width, i) => new ConcatSquashLinear(widths[i]!, width, contextFeatures));
  }
}

/** The vector field f(t, z, a). Fields have the authors' names. */
export class ODEFunc extends Module {
  readonly diffeq: ODENet;
  /** The authors count evaluations here. */
  readonly _num_evals = new Variable(array(0));

  constructor(dimension: number, hidden: readonly number[], contextFeatures: number) {
    super();
    this.diffeq = new ODENet(dimension, hidden, contextFeatures);
  }

  /** For attributes [B, C]. */
  conditioned(context: Tensor): readonly ConditionedLayer[] {
    return this.diffeq.layers.map((layer) => layer.conditioned(context));
  }
}

/**
 * f at a time, and the derivative of f along directions.
 *
 * @param t - a scalar; no gradient flows through it.
 * @param z - [B, N, D]
 * @param directions - [B, N, D], or [B, N, K, D] for K at once.
 */
export function vectorField(
  layers: readonly ConditionedLayer[],
  t: TensorLike,
  z: Tensor,
  directions?: Tensor,
): { readonly f: Tensor; readonly along: Tensor | undefined } {
  const time = cast(t, z.dtype);
  let [x, u] = [z, directions];
  for (const [i, { weight, bias, gate, shift }] of layers.entries()) {
    const g = sigmoid(at(gate, time));
    const lastLayer = i === layers.length - 1;
    const y = add(mul(add(matmul(x, weight), bias), g), at(shift, time));
    x = lastLayer ? y : tanh(y);
    if (!u) continue;
    // Directions of which there are K at once have an axis more than what scales them.
    const like = (scale: Tensor) => (u!.rank === 4 ? expandDims(scale, 2) : scale);
    u = mul(matmul(u, weight), like(g));
    if (!lastLayer) u = mul(u, like(sub(1, square(x))));
  }
  return { f: x, along: u };
}

/** f, its derivative J e along a noise e [B, N, D], and Hutchinson's estimate eᵀ J e of its divergence by row [B, N]. */
export function withHutchinson(layers: readonly ConditionedLayer[], t: TensorLike, z: Tensor, e: Tensor) {
  const { f, along } = vectorField(layers, t, z, e);
  return { f, along: along!, trace: sum(mul(along!, e), { axes: [-1] }) };
}

/** f, and its divergence by row [B, N], of D derivatives: D times the work. */
export function withDivergence(layers: readonly ConditionedLayer[], t: TensorLike, z: Tensor) {
  const [b, n, d] = z.shape as [number, number, number];
  const unit = constant(
    array(
      Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? 1 : 0)),
      { shape: [d, d], dtype: z.dtype as 'float32' },
    ),
  );
  const { f, along } = vectorField(layers, t, z, add(full([b, n, d, d], 0), reshape(unit, [1, 1, d, d])));
  return { f, trace: sum(mul(along!, unit), { axes: [-2, -1] }) };
}
