/**
 * @module Training of a flow, in a run folder (sections 3 and 4.1).
 */
import {
  add,
  array,
  grad,
  mean,
  mul,
  type NDArray,
  program,
  randomKey,
  randomNormal,
  sum,
  type Tensor,
} from '@sextant/engine';
import { InputError } from '@sextant/io';
import { Adam, cosineDecay, defaultStream, globalNorm, manualSeed, randomState } from '@sextant/nn';
import { Loader, type Metrics, type ProgressUpdate, type Run, type TrainResult, train } from '@sextant/train';
import { statisticsOf } from '../columns.js';
import { type CodeSet, checkCodes, codesBetween, splitCodes } from './codes.js';
import type { FlowTrainConfig } from './config.js';
import { densityOptions, Flow } from './flow.js';
import { negativeLogLikelihood } from './likelihood.js';
import { gradientLost, solvesOf, unreachable } from './solves.js';

export interface TrainFlowOptions {
  readonly run: Run<FlowTrainConfig>;
  readonly codes: CodeSet;
  readonly signal?: AbortSignal;
  readonly onProgress?: (update: ProgressUpdate) => void;
  readonly onMessage?: (line: string) => void;
  readonly resumeCommand?: string;
}

/**
 * Trains from the run's last checkpoint, or from the beginning, until `config.epochs` are done.
 *
 * @returns the flow as the last step left it, and how the training ended.
 * @throws InputError as `train` does; when the codes do not fit the configuration; when the solver cannot meet its tolerances, there or on the way back.
 */
export async function trainFlow({
  run,
  codes,
  ...options
}: TrainFlowOptions): Promise<{ flow: Flow; result: TrainResult }> {
  const { config } = run;
  const { batchSize, penalties, seed, solver } = config;
  const { training, held } = splitTraining(codes, config);
  manualSeed(seed);
  const flow = new Flow(config.flow);
  const { mean: centre, std } = statisticsOf(training.context);
  flow.standardizeBy(centre, std);
  const loader = new Loader({ dataset: items(training), batchSize, seed });
  const steps = config.epochs * loader.batchesPerEpoch;
  const { learningRate, decay } = config;
  const optimizer = new Adam(flow.parameters(), {
    learningRate: decay ? cosineDecay(learningRate, steps) : learningRate,
  });
  const [rows, dimension] = codes.w.shape.slice(1) as [number, number];
  const penalised = penalties.kinetic > 0 || penalties.jacobian > 0;
  const step = program(
    ({ w, context }: Batch<Tensor>) => {
      const noise = noiseOf(flow, [batchSize, rows, dimension], () => defaultStream().next());
      const moved = flow.forward(w, context, densityOptions(solver, noise, penalised));
      const nll = negativeLogLikelihood(moved.x, moved.l!);
      // Means over rows and images of what each block adds.
      const each = moved.penalties && mean(moved.penalties, { axes: [0, 1] });
      const weights = array([penalties.kinetic * rows * dimension, penalties.jacobian * rows * dimension]);
      const gradients = grad(each ? add(nll, sum(mul(each, weights))) : nll, optimizer.parameters);
      optimizer.update(gradients);
      // Where a solve is given up on the way back, all gradients of its block are NaN: the small ones tell.
      const norm = globalNorm(gradients.filter(({ rank }) => rank < 2));
      return { nll, norm, ...solvesOf(moved.reports) };
    },
    { name: 'trainingStep' },
  );
  const validate = held && validation(flow, held, config);
  try {
    const result = await train({
      run,
      steps,
      state: { flow, optimizer, random: randomState },
      loader,
      step: async (n) => {
        const { nll, norm, evaluations, reached } = await step((await loader.next()) as never);
        if (reached && !reached.item()) throw unreachable(`step ${n}`);
        if (reached && !Number.isFinite(norm.item())) throw gradientLost(`step ${n}`);
        return { nll, ...(evaluations && { evaluations }) };
      },
      ...(validate ? { validate: validate.measure, best: { metric: 'heldNll' } } : {}),
      logEvery: config.logEvery,
      checkpointEvery: config.checkpointEvery,
      validateEvery: config.validateEvery,
      itemsPerStep: batchSize,
      ...options,
    });
    return { flow, result };
  } finally {
    await step.release();
    await validate?.release();
  }
}

interface Batch<T> {
  /** [B, N, D] */
  readonly w: T;
  /** [B, C] */
  readonly context: T;
}

/** Gaussian noise for each block. */
const noiseOf = ({ config }: Flow, shape: readonly number[], key: (block: number) => Tensor): Tensor[] =>
  Array.from({ length: config.numBlocks }, (_, k) => randomNormal(key(k), shape));

const items = ({ w, context }: CodeSet) => {
  const row = (x: NDArray<'float32'>, i: number) => {
    const each = x.size / x.shape[0]!;
    return array(x.data.slice(i * each, (i + 1) * each), { shape: x.shape.slice(1) });
  };
  return { length: w.shape[0]!, get: (i: number) => ({ w: row(w, i), context: row(context, i) }) };
};

/** The codes that are trained on, and those that are held out. @throws InputError when they do not fit the configuration. */
export function splitTraining(codes: CodeSet, { flow, heldOut, batchSize }: FlowTrainConfig) {
  checkCodes(codes, flow);
  const parts = splitCodes(codes, heldOut);
  const kept = parts.training.w.shape[0]!;
  if (kept < batchSize) throw new InputError(`${kept} codes to train on do not fill a batch of ${batchSize}`);
  return parts;
}

/** Codes that go through a validation's program at once. */
const VALIDATED = 64;

/** Likelihood of the held-out codes with a fixed noise, and how exactly they come back. */
function validation(flow: Flow, held: CodeSet, { solver }: FlowTrainConfig) {
  const [n, rows, dimension] = held.w.shape as [number, number, number];
  const measured = program(
    ({ w, context }: Batch<Tensor>) =>
      flow.eval((f) => {
        const noise = noiseOf(f, [w.shape[0] as number, rows, dimension], randomKey);
        const z = f.forward(w, context, densityOptions(solver, noise));
        const back = f.inverse(z.x, context, { solver });
        return {
          nll: negativeLogLikelihood(z.x, z.l!),
          back: back.x,
          ...solvesOf([...z.reports, ...back.reports]),
        };
      }),
    { name: 'validation' },
  );
  const measure = async (): Promise<Metrics> => {
    let [nll, error, norm] = [0, 0, 0];
    // The last ones may be fewer: the program is compiled for both.
    for (let from = 0; from < n; from += VALIDATED) {
      const batch = codesBetween(held, from, Math.min(from + VALIDATED, n));
      const found = await measured(batch as never);
      if (found.reached && !found.reached.item()) throw unreachable('validation');
      nll += found.nll.item() * batch.w.shape[0]!;
      for (const [i, w] of batch.w.data.entries()) {
        error += (w - Number(found.back.data[i])) ** 2;
        norm += w ** 2;
      }
    }
    return { heldNll: nll / n, roundTrip: Math.sqrt(error / norm) };
  };
  return { measure, release: () => measured.release() };
}
