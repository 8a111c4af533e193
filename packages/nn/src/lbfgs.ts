/**
 * @module L-BFGS: a quasi-Newton method for smooth problems that fit in one batch, such as linear probes.
 *
 * Driven from the host: each evaluation of the loss and its gradients is one run of a program. PyTorch's
 * `LBFGS` with the strong Wolfe line search, step for step; vectors are kept in double precision.
 */
import { allocate, NDArray, TensorError, type Variable } from '@sextant/engine';

export interface LBFGSOptions {
  /** First step length tried along a direction (1). */
  readonly learningRate?: number;
  /** Iterations in one call of `step` (20). */
  readonly maxIterations?: number;
  /** Evaluations in one call of `step` (1.25 times the iterations). */
  readonly maxEvaluations?: number;
  /** Stop when no gradient is larger (1e-7). */
  readonly toleranceGradient?: number;
  /** Stop when neither the loss nor a parameter changes by more (1e-9). */
  readonly toleranceChange?: number;
  /** Number of past steps that the inverse Hessian is estimated from (100). */
  readonly historySize?: number;
}

/** The loss and its gradients at the parameters' present values. */
export interface Evaluation {
  readonly loss: NDArray | number;
  readonly gradients: readonly NDArray[];
}

export interface LBFGSResult {
  /** Loss at the parameters that `step` leaves. */
  readonly loss: number;
  readonly iterations: number;
  readonly evaluations: number;
}

type Vector = Float64Array;

/** A point on a line: step length, loss, gradient and its product with the direction (the slope). */
interface Point {
  readonly t: number;
  readonly loss: number;
  readonly gradient: Vector;
  readonly slope: number;
}

/** One past step s, the change y of the gradient along it, and 1 / yᵀs. */
interface Pair {
  readonly s: Vector;
  readonly y: Vector;
  readonly rho: number;
}

/**
 * Minimises a loss by limited-memory BFGS.
 *
 * @example
 * const objective = program(() => {
 *   const loss = crossEntropy(probe.forward(features), labels);
 *   return { loss, gradients: grad(loss, parameters) };
 * });
 * const { loss } = await new LBFGS(parameters, { maxIterations: 500 }).step(objective);
 */
export class LBFGS {
  readonly #variables: readonly Variable[];
  readonly #options: Required<LBFGSOptions>;
  readonly #history: Pair[] = [];
  /** Scale of the initial inverse Hessian. */
  #scale = 1;
  #started = false;
  /** The latest step and the gradient before it, from which the next pair will be made. */
  #latest: { readonly s: Vector; readonly gradient: Vector } | undefined;

  constructor(variables: readonly Variable[], options: LBFGSOptions = {}) {
    this.#variables = variables;
    const { maxIterations = 20 } = options;
    this.#options = {
      learningRate: 1,
      maxIterations,
      maxEvaluations: Math.floor(maxIterations * 1.25),
      toleranceGradient: 1e-7,
      toleranceChange: 1e-9,
      historySize: 100,
      ...options,
    };
  }

  /**
   * Runs up to `maxIterations` iterations; a further call continues with what this one has learnt.
   *
   * @param evaluate - runs a program that gives the loss and the gradients by the variables, in their order.
   * @throws TensorError when the gradients do not match the variables.
   */
  async step(evaluate: () => Promise<Evaluation>): Promise<LBFGSResult> {
    const { learningRate, maxIterations, maxEvaluations, toleranceGradient, toleranceChange } = this.#options;
    let evaluations = 0;
    const evaluateAt = async (x: Vector): Promise<{ loss: number; gradient: Vector }> => {
      evaluations++;
      this.#write(x);
      const { loss, gradients } = await evaluate();
      return { loss: typeof loss === 'number' ? loss : loss.item(), gradient: this.#flatten(gradients) };
    };
    let x = this.#flatten(this.#variables.map((v) => v.value));
    let { loss, gradient } = await evaluateAt(x);
    let iterations = 0;
    while (
      iterations < maxIterations &&
      evaluations < maxEvaluations &&
      largest(gradient) > toleranceGradient
    ) {
      iterations++;
      const direction = this.#direction(gradient);
      const slope = dot(gradient, direction);
      if (slope > -toleranceChange) break;
      const start: Point = { t: 0, loss, gradient, slope };
      const firstStep = (this.#started ? 1 : Math.min(1, 1 / absoluteSum(gradient))) * learningRate;
      this.#started = true;
      const origin = x;
      const probe = async (t: number): Promise<Point> => {
        const at = await evaluateAt(moved(origin, t, direction));
        return { t, ...at, slope: dot(at.gradient, direction) };
      };
      const found = await strongWolfe(probe, start, firstStep, largest(direction), toleranceChange);
      x = moved(origin, found.t, direction);
      const change = Math.abs(found.loss - loss);
      const s = direction.map((d) => d * found.t);
      this.#latest = { s, gradient };
      ({ loss, gradient } = found);
      if (largest(s) <= toleranceChange || change < toleranceChange) break;
    }
    this.#write(x);
    return { loss, iterations, evaluations };
  }

  /** -H g, with the inverse Hessian H estimated from the history (two-loop recursion). */
  #direction(gradient: Vector): Vector {
    if (this.#latest) this.#remember(gradient, this.#latest);
    this.#latest = undefined;
    const q = gradient.map((g) => -g);
    const history = this.#history;
    const alphas = new Array<number>(history.length);
    for (let i = history.length - 1; i >= 0; i--) {
      const { s, y, rho } = history[i]!;
      alphas[i] = dot(s, q) * rho;
      addScaled(q, -alphas[i]!, y);
    }
    for (let i = 0; i < q.length; i++) q[i]! *= this.#scale;
    for (const [i, { s, y, rho }] of history.entries()) addScaled(q, alphas[i]! - dot(y, q) * rho, s);
    return q;
  }

  #remember(gradient: Vector, { s, gradient: before }: { s: Vector; gradient: Vector }): void {
    const y = gradient.map((g, i) => g - before[i]!);
    const curvature = dot(y, s);
    if (curvature <= 1e-10) return;
    if (this.#history.length === this.#options.historySize) this.#history.shift();
    this.#history.push({ s, y, rho: 1 / curvature });
    this.#scale = curvature / dot(y, y);
  }

  /** Sets the variables from one vector. */
  #write(x: Vector): void {
    let start = 0;
    for (const variable of this.#variables) {
      const { size, shape } = variable.value;
      const data = allocate(variable.dtype, size) as Float64Array;
      data.set(x.subarray(start, start + size));
      variable.value = new NDArray(data as never, shape, variable.dtype);
      start += size;
    }
  }

  /** One vector of arrays in the variables' order. */
  #flatten(arrays: readonly NDArray[]): Vector {
    const sizes = this.#variables.map((v) => v.value.size);
    if (arrays.length !== sizes.length || arrays.some((a, i) => a.size !== sizes[i])) {
      const given = arrays.map((a) => `[${a.shape.join(', ')}]`).join(', ');
      const wanted = this.#variables.map((v) => `[${v.shape.join(', ')}]`).join(', ');
      throw new TensorError('LBFGS', `gradients of shapes ${given} for variables of shapes ${wanted}`);
    }
    const all = new Float64Array(sizes.reduce((a, b) => a + b, 0));
    let start = 0;
    for (const a of arrays) {
      all.set(a.data as Float64Array, start);
      start += a.size;
    }
    return all;
  }
}

const MAX_PROBES = 25;
/** Sufficient decrease and curvature constants of the Wolfe conditions. */
const DECREASE = 1e-4;
const CURVATURE = 0.9;

/**
 * A point on the line whose loss is well below the start's and whose slope is well flatter (Nocedal and
 * Wright, Numerical Optimization, algorithms 3.5 and 3.6, with cubic interpolation).
 */
async function strongWolfe(
  probe: (t: number) => Promise<Point>,
  start: Point,
  firstStep: number,
  reach: number,
  toleranceChange: number,
): Promise<Point> {
  const tooHigh = (p: Point) => p.loss > start.loss + DECREASE * p.t * start.slope;
  const flat = (p: Point) => Math.abs(p.slope) <= -CURVATURE * start.slope;

  // Lengthen the step until a minimum is bracketed.
  let previous = start;
  let point = await probe(firstStep);
  let probes = 0;
  for (; ; probes++) {
    if (probes === MAX_PROBES) return start.loss <= point.loss ? start : point;
    if (tooHigh(point) || (probes > 1 && point.loss >= previous.loss)) break;
    if (flat(point)) return point;
    if (point.slope >= 0) break;
    const bounds = [point.t + 0.01 * (point.t - previous.t), point.t * 10] as const;
    const next = cubicMinimum(previous, point, bounds);
    previous = point;
    point = await probe(next);
  }

  // Narrow the bracket.
  let [low, high] = previous.loss <= point.loss ? [previous, point] : [point, previous];
  let stalled = false;
  while (probes < MAX_PROBES && Math.abs(high.t - low.t) * reach >= toleranceChange) {
    const [left, right] = [Math.min(low.t, high.t), Math.max(low.t, high.t)];
    let t = cubicMinimum(low, high, [left, right]);
    // Close to an end twice in a row: step a tenth of the bracket inside it.
    const margin = 0.1 * (right - left);
    const close = Math.min(right - t, t - left) < margin;
    if (close && (stalled || t >= right || t <= left)) {
      t = right - t < t - left ? right - margin : left + margin;
      stalled = false;
    } else stalled = close;
    const p = await probe(t);
    probes++;
    if (tooHigh(p) || p.loss >= low.loss) {
      high = p;
      if (high.loss < low.loss) [low, high] = [high, low];
      continue;
    }
    if (flat(p)) return p;
    if (p.slope * (high.t - low.t) >= 0) high = low;
    low = p;
  }
  return low;
}

/** Minimum, within bounds, of the cubic that has two points' losses and slopes. */
function cubicMinimum(p: Point, q: Point, [from, to]: readonly [number, number]): number {
  const [a, b] = p.t <= q.t ? [p, q] : [q, p];
  const d = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t);
  const square = d * d - a.slope * b.slope;
  if (square < 0) return (from + to) / 2;
  const root = Math.sqrt(square);
  const t = b.t - (b.t - a.t) * ((b.slope + root - d) / (b.slope - a.slope + 2 * root));
  return Math.min(Math.max(t, from), to);
}

function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** a += factor · b. */
function addScaled(a: Vector, factor: number, b: Vector): void {
  for (let i = 0; i < a.length; i++) a[i]! += factor * b[i]!;
}

const moved = (x: Vector, t: number, direction: Vector): Vector => x.map((v, i) => v + t * direction[i]!);
const largest = (v: Vector): number => v.reduce((m, e) => Math.max(m, Math.abs(e)), 0);
const absoluteSum = (v: Vector): number => v.reduce((s, e) => s + Math.abs(e), 0);
