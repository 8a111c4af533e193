/**
 * @module How well a flow knows codes that it was not trained on, and what its solves cost.
 */
import {
  add,
  cholesky,
  div,
  Generator,
  log,
  matmul,
  mul,
  type NDArray,
  program,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
  triangularSolve,
} from '@sextant/engine';
import { statisticsOf } from '../columns.js';
import type { Solver } from '../flow/cnf.js';
import { type CodeSet, codesBetween } from '../flow/codes.js';
import { densityOptions, type Flow } from '../flow/flow.js';
import { imagesNegativeLogLikelihood } from '../flow/likelihood.js';
import { solvesOf, unreachable } from '../flow/solves.js';
import { identity, rows64 } from './matrices.js';
import { deviation, distance, mean } from './statistics.js';

/** Negative log likelihood of a code, mean over codes. */
export interface Likelihood {
  readonly nats: number;
  readonly bitsPerDimension: number;
}

/** Solves of one code after the other, as in a session. */
export interface SolveFigures {
  /** Relative and absolute. */
  readonly tolerance: number;
  /** Evaluations of the vector fields of all blocks, means over codes. */
  readonly encode: number;
  readonly decode: number;
  /** |w - decode(encode(w))| / |w| */
  readonly roundTrip: { readonly mean: number; readonly max: number };
}

export interface FlowQuality {
  /** Codes that were held out. */
  readonly codes: number;
  /** The flow's, with Hutchinson's estimate of the divergence, and its standard error by the spread of the codes in nats. */
  readonly flow: Likelihood & { readonly error: number };
  /** Of one Gaussian, fitted to the codes that were trained on. */
  readonly gaussian: Likelihood;
  /** Of a Gaussian about a linear regression on light and attributes: it knows as much as the flow. */
  readonly linear: Likelihood;
  readonly solves: readonly SolveFigures[];
}

export interface FlowQualityOptions {
  /** Of adaptive solves (1e-3, as the small preset trains; 1e-5, as sessions edit and as the likelihood is computed). */
  readonly tolerances?: readonly number[];
  /** Codes that are solved one after the other (100). */
  readonly solved?: number;
}

/** Codes that go through the likelihood's program at once. */
const BATCH = 64;
const FINE = 1e-5;

/** @param held - codes that the flow was not trained on. */
export async function measureFlow(
  flow: Flow,
  { training, held }: { readonly training: CodeSet; readonly held: CodeSet },
  { tolerances = [1e-3, FINE], solved = 100 }: FlowQualityOptions = {},
): Promise<FlowQuality> {
  const [count, rows, dimension] = held.w.shape as [number, number, number];
  const likelihood = (nats: number): Likelihood => ({
    nats,
    bitsPerDimension: nats / (rows * dimension * Math.LN2),
  });
  const nats = await flowNats(flow, held);
  const some = codesBetween(held, 0, Math.min(count, solved));
  const solves: SolveFigures[] = [];
  for (const tolerance of tolerances) solves.push(await solveFigures(flow, some, tolerance));
  return {
    codes: count,
    flow: { ...likelihood(mean(nats)), error: deviation(nats) / Math.sqrt(count) },
    gaussian: likelihood(await gaussianNats({ training, held }, false)),
    linear: likelihood(await gaussianNats({ training, held }, true)),
    solves,
  };
}

const adaptive = (tolerance: number): Solver => ({ method: 'dopri5', rtol: tolerance, atol: tolerance });

/** Of each code, by a noise of its own. */
async function flowNats(flow: Flow, codes: CodeSet): Promise<number[]> {
  const random = new Generator(0).fork('divergence');
  const measured = program(
    (w: Tensor, context: Tensor, noise: readonly Tensor[]) =>
      flow.eval((f) => {
        const { x, l, reports } = f.forward(w, context, densityOptions(adaptive(FINE), noise));
        return { nats: imagesNegativeLogLikelihood(x, l!), ...solvesOf(reports) };
      }),
    { name: 'likelihood' },
  );
  try {
    const nats: number[] = [];
    const count = codes.w.shape[0]!;
    for (let from = 0; from < count; from += BATCH) {
      const { w, context } = codesBetween(codes, from, Math.min(from + BATCH, count));
      const noise = Array.from({ length: flow.config.numBlocks }, () => random.normalArray(w.shape));
      const found = await measured(w, context, noise);
      if (!found.reached!.item()) throw unreachable('likelihood');
      nats.push(...Array.from(found.nats.data, Number));
    }
    return nats;
  } finally {
    await measured.release();
  }
}

/** Codes to z and back, one by one. */
async function solveFigures(flow: Flow, codes: CodeSet, tolerance: number): Promise<SolveFigures> {
  const solver = adaptive(tolerance);
  const solved = program(
    (w: Tensor, context: Tensor) =>
      flow.eval((f) => {
        const encoded = f.forward(w, context, { solver });
        const decoded = f.inverse(encoded.x, context, { solver });
        return { w: decoded.x, encode: solvesOf(encoded.reports), decode: solvesOf(decoded.reports) };
      }),
    { name: 'roundTrip', freeze: true },
  );
  try {
    const [encode, decode, errors]: number[][] = [[], [], []];
    for (let i = 0; i < codes.w.shape[0]!; i++) {
      const { w, context } = codesBetween(codes, i, i + 1);
      const found = await solved(w, context);
      if (!found.encode.reached!.item() || !found.decode.reached!.item()) throw unreachable('a round trip');
      encode!.push(found.encode.evaluations!.item());
      decode!.push(found.decode.evaluations!.item());
      errors!.push(distance(w.data, found.w.data as Float32Array) / distance(w.data));
    }
    return {
      tolerance,
      encode: mean(encode!),
      decode: mean(decode!),
      roundTrip: { mean: mean(errors!), max: Math.max(...errors!) },
    };
  } finally {
    await solved.release();
  }
}

/** Share of the mean variance that is added to every variance: codes may be fewer than their numbers. */
const RIDGE = 1e-6;

/**
 * Mean negative log likelihood of held-out codes under a Gaussian with the covariance of the training codes' residuals: from their mean,
 * or from a linear regression on what is shown. Rows of a code count as codes of their own.
 */
async function gaussianNats(
  { training, held }: { readonly training: CodeSet; readonly held: CodeSet },
  regressed: boolean,
): Promise<number> {
  const statistics = statisticsOf(training.context);
  const designOf = ({ w, context: { data, shape } }: CodeSet): NDArray => {
    const [n, width] = shape as [number, number];
    const rows = w.shape[1]!;
    const standardized = (i: number) =>
      Array.from({ length: width }, (_, k) => {
        return (data[i * width + k]! - statistics.mean.data[k]!) / statistics.std.data[k]!;
      });
    const lines = Array.from({ length: n }, (_, i) => {
      const line = [1, ...(regressed ? standardized(i) : [])];
      return new Array<number[]>(rows).fill(line).flat();
    });
    return rows64(lines.flat(), n * rows, regressed ? 1 + width : 1);
  };
  const rowsOf = ({ w }: CodeSet): NDArray => rows64(w.data, w.shape[0]! * w.shape[1]!, w.shape[2]!);
  const fitted = program(
    (x: Tensor, y: Tensor, heldX: Tensor, heldY: Tensor) => {
      const [[rows, width], dimension] = [x.shape as [number, number], y.shape[1] as number];
      const heldRows = heldX.shape[0] as number;
      const normal = withRidge(matmul(transpose(x), x), width);
      const half = triangularSolve(normal, matmul(transpose(x), y));
      const b = triangularSolve(normal, half, { transpose: true });
      const residual = sub(y, matmul(x, b));
      const factor = withRidge(div(matmul(transpose(residual), residual), rows), dimension);
      const white = triangularSolve(factor, transpose(sub(heldY, matmul(heldX, b))));
      const logDeterminant = sum(log(sum(mul(factor, identity(dimension)), { axes: [0] })));
      const constant = 0.5 * dimension * Math.log(2 * Math.PI);
      return add(add(div(mul(sum(square(white)), 0.5), heldRows), logDeterminant), constant);
    },
    { name: 'gaussian' },
  );
  try {
    const nats = await fitted(designOf(training), rowsOf(training), designOf(held), rowsOf(held));
    return nats.item() * held.w.shape[1]!;
  } finally {
    await fitted.release();
  }
}

/** Cholesky's factor of a matrix with a little more on its diagonal. */
function withRidge(gram: Tensor, width: number): Tensor {
  const unit = identity(width);
  const ridge = mul(div(sum(mul(gram, unit)), width), RIDGE);
  return cholesky(add(gram, mul(unit, ridge)));
}
