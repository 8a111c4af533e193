/**
 * @module The flow and its solver for `apply` and `verify`.
 */
import {
  add,
  array,
  cast,
  constant,
  expandDims,
  gather,
  matmul,
  mean,
  mul,
  type NDArray,
  neg,
  program,
  square,
  squeeze,
  stack,
  sub,
  sum,
  type Tensor,
  tanh,
  transpose,
  zerosLike,
} from '@sextant/engine';
import { InputError, stateDict } from '@sextant/io';
import type { Parameter } from '@sextant/nn';
import { type AppliedModule, type Inputs, parseOptions, tracedModule, type Weights } from '@sextant/system';
import { z } from 'zod';
import { CNF, type Solver } from '../flow/cnf.js';
import { withDivergence, withHutchinson } from '../flow/dynamics.js';
import { densityOptions, Flow, type FlowOptions, type FlowResult } from '../flow/flow.js';
import { authorsLogDensity, halfSquares } from '../flow/likelihood.js';
import { dopri5 } from '../ode/dopri5.js';
import { type Field, reversed } from '../ode/field.js';

const size = z.int().positive();
const tolerance = z.number().positive().default(1e-5);

const fixed = {
  // Options of the authors' networks that have one value here.
  layer_type: z.literal('concatsquash').default('concatsquash'),
  nonlinearity: z.literal('tanh').default('tanh'),
  conditional: z.literal(true).default(true),
  /** False: end times are no parameters, so that no gradients by them can be asked for. */
  train_T: z.boolean().default(true),
  /** Of what is told here only the statistics that `train-loss` moves depend on it. */
  mode: z.enum(['train', 'eval']).default('eval'),
};

export const FlowSchema = z.strictObject({
  ...fixed,
  input_dim: size,
  dims: z.string().regex(/^\d+(-\d+)*$/, 'widths of the hidden layers, such as 512-512'),
  num_blocks: size,
  zdim: size,
});

export const SolverSchema = FlowSchema.extend({
  solver: z.enum(['dopri5', 'rk4']).default('dopri5'),
  atol: tolerance,
  rtol: tolerance,
  step_size: z.number().positive().optional(),
  reference_num_evals: z.array(size).optional(),
});

/** The flow of a checkpoint. */
export function flowOf(config: z.output<typeof FlowSchema>, checkpoint: Weights | undefined): Flow {
  if (checkpoint === undefined) throw new InputError('this module needs a checkpoint');
  const flow = new Flow({
    dimension: config.input_dim,
    hidden: config.dims.split('-').map(Number),
    contextFeatures: config.zdim,
    numBlocks: config.num_blocks,
  });
  flow.loadStateDict(stateDict(checkpoint));
  return flow;
}

/** What gradients can be asked for. */
const parametersOf = (flow: Flow, { train_T }: z.output<typeof FlowSchema>): ReadonlyMap<string, Parameter> =>
  new Map([...flow.namedParameters()].filter(([name]) => train_T || !name.endsWith('.sqrt_end_time')));

export function solverOf({ solver, atol, rtol, step_size }: z.output<typeof SolverSchema>): Solver {
  if (solver === 'dopri5') return { method: 'dopri5', atol, rtol };
  if (step_size === undefined) throw new InputError('config step_size: rk4 needs the length of its steps');
  return { method: 'rk4', stepSize: step_size };
}

/** Noise `e.0`, `e.1`, … of the flow's blocks; the density starts at `logp0`, or at 0. */
export function optionsOf(flow: Flow, solver: Solver, inputs: Inputs): FlowOptions {
  const noise = Array.from({ length: flow.config.numBlocks }, (_, k) => inputs.get(`e.${k}`));
  const options = densityOptions(solver, noise);
  return inputs.has('logp0')
    ? { ...options, density: { ...options.density!, l: inputs.get('logp0') } }
    : options;
}

const outputsOf = ({ x, l, stages }: FlowResult, name: string): Record<string, Tensor> => ({
  [name]: x,
  delta_logp: l!,
  ...Object.fromEntries(
    [...stages].flatMap(([i, stage]) => [
      [`stage.${i}.x`, stage.x],
      [`stage.${i}.logp`, stage.l!],
    ]),
  ),
});

const walked = (way: 'forward' | 'inverse', from: string, to: string): AppliedModule =>
  tracedModule({
    summary: `the flow from ${from} [B, N, D] with attributes [B, C] to ${to}, by stages; noise e.0, …`,
    config: SolverSchema,
    build(config, checkpoint) {
      const flow = flowOf(config, checkpoint);
      return {
        parameters: parametersOf(flow, config),
        forward: (inputs) =>
          flow.eval((f) => {
            const options = optionsOf(f, solverOf(config), inputs);
            return outputsOf(f[way](inputs.get(from), inputs.get('attributes'), options), to);
          }),
      };
    },
  });

const LossSchema = SolverSchema.extend({
  mode: z.enum(['train', 'eval']).default('train'),
  /** Gradients are dopri5's adjoint, or through rk4's steps. */
  use_adjoint: z.boolean().optional(),
  adjoint_atol: z.number().positive().optional(),
  adjoint_rtol: z.number().positive().optional(),
});

/** @throws InputError for gradients that there are none of here. */
function lossSolverOf(config: z.output<typeof LossSchema>): Solver {
  const { use_adjoint, adjoint_atol, adjoint_rtol } = config;
  const solver = solverOf(config);
  const adjoint = solver.method === 'dopri5';
  if (use_adjoint !== undefined && use_adjoint !== adjoint) {
    throw new InputError(
      `config use_adjoint: ${use_adjoint}, but gradients of ${adjoint ? 'dopri5 are by the adjoint equation' : 'rk4 go through its steps'}`,
    );
  }
  if (adjoint) {
    return { ...solver, backward: { atol: adjoint_atol ?? solver.atol, rtol: adjoint_rtol ?? solver.rtol } };
  }
  for (const [name, value] of Object.entries({ adjoint_atol, adjoint_rtol })) {
    if (value !== undefined) throw new InputError(`config ${name}: rk4 has no adjoint equation`);
  }
  return solver;
}

const trainLoss = tracedModule({
  summary:
    'the loss of codes w [B, N, D] with attributes [B, C], with its parts and the batch norms’ statistics',
  config: LossSchema,
  build(config, checkpoint) {
    const flow = flowOf(config, checkpoint);
    return {
      parameters: parametersOf(flow, config),
      forward(inputs) {
        const options = optionsOf(flow, lossSolverOf(config), inputs);
        const walk = (f: Flow) => f.forward(inputs.get('w'), inputs.get('attributes'), options);
        const { x, l } = config.mode === 'train' ? walk(flow) : flow.eval(walk);
        const density = authorsLogDensity(x);
        const change = sum(l!, { axes: [1] });
        const likelihood = sub(density, change);
        const buffers = [...flow.namedVariables()].filter(([name]) =>
          /\.(running_mean|running_var|step)$/.test(name),
        );
        return {
          z: x,
          delta_logp: l!,
          approx2: density,
          delta_log_p2: change,
          log_p2: likelihood,
          loss: neg(mean(likelihood)),
          loss_without_constant: halfSquares(x, l!),
          ...Object.fromEntries(buffers.map(([name, variable]) => [`buffer/${name}`, add(variable, 0)])),
        };
      },
    };
  },
});

const odefunc = tracedModule({
  summary:
    'a vector field at t for z [B, N, D] and condition [B, C]: f, and its divergence by noise e and exactly',
  config: FlowSchema.extend({ chain_index: size }),
  build({ chain_index, ...config }, checkpoint) {
    const flow = flowOf(config, checkpoint);
    const cnf = flow.chain[chain_index];
    if (!(cnf instanceof CNF))
      throw new InputError(`config chain_index: ${chain_index} is not a vector field's`);
    return {
      parameters: parametersOf(flow, config),
      forward(inputs) {
        const layers = cnf.odefunc.conditioned(inputs.get('condition'));
        const [t, x] = [inputs.get('t'), inputs.get('z')];
        const { f, trace } = withHutchinson(layers, t, x, inputs.get('e'));
        const exact = withDivergence(layers, t, x).trace;
        return {
          f,
          div_hutchinson: trace,
          div_exact: exact,
          neg_divergence: neg(expandDims(trace, -1)),
          objective_hutchinson: add(sum(f), sum(trace)),
          objective_exact: add(sum(f), sum(exact)),
        };
      },
    };
  },
});

const SolveSchema = z.strictObject({
  solver: z.literal('dopri5_reference').default('dopri5_reference'),
  atol: tolerance,
  rtol: tolerance,
  tuple_state: z.boolean().default(false),
  scale: z.number(),
  order_of_state: z.array(z.string()).optional(),
});

/** Attempted steps that are written down. */
const TRACED = 1000;

const solver: AppliedModule = {
  summary:
    'dy/dt = scale tanh(W y + b t) solved in float64 from y0 over times, with a trace of all attempted steps',
  async apply({ config, inputs }) {
    const { atol, rtol, tuple_state, scale } = parseOptions(SolveSchema, config);
    const given = [...inputs].map(([name, value]) => [name, value] as const);
    const solve = program((tensors: readonly Tensor[]) => {
      const named = new Map(given.map(([name], i) => [name, cast(tensors[i]!, 'float64')]));
      const [w, b, y0, times] = ['W', 'b', 'y0', 'times'].map((name) => {
        const found = named.get(name);
        if (!found) throw new InputError(`there is no input '${name}'`);
        return found;
      }) as [Tensor, Tensor, Tensor, Tensor];
      const field: Field = (t, [y]) => {
        const slope = mul(tanh(add(matmul(y!, transpose(w)), mul(b, t))), scale);
        return tuple_state ? [slope, neg(sum(square(y!), { axes: [-1], keepDims: true }))] : [slope];
      };
      const start = tuple_state ? [y0, sum(zerosLike(y0), { axes: [-1], keepDims: true })] : [y0];
      const context = named.get('context');
      const at = Array.from({ length: times.shape[0] as number }, (_, i) =>
        squeeze(gather(times, constant(array([i], { dtype: 'int32' }))), [0]),
      );
      const backwards = isDescending(inputs.get('times')!);
      const solution = dopri5(
        backwards ? reversed(field) : field,
        start,
        at.map((t) => (backwards ? neg(t) : t)) as [Tensor, ...Tensor[]],
        { atol, rtol, trace: TRACED, ...(tuple_state && context ? { constants: [context] } : {}) },
      );
      const over = (part: number) => stack([start[part]!, ...solution.states.map((s) => s[part]!)]);
      const { attempts, trace } = solution;
      return { y: over(0), ...(tuple_state ? { aux: over(1) } : {}), attempts, trace };
    });
    try {
      const { attempts, trace, ...states } = await solve(given.map(([, value]) => value));
      const steps = attempts.item();
      const column = (k: number, sign = 1): number[] =>
        Array.from({ length: steps }, (_, i) => sign * Number(trace.data[4 * i + k]));
      const sign = isDescending(inputs.get('times')!) ? -1 : 1;
      return new Map<string, NDArray>([
        ...Object.entries(states),
        ['num_evals', array(2 + 6 * steps, { dtype: 'int64' })],
        ['step_t0', array(column(0, sign), { dtype: 'float64' })],
        ['step_dt', array(column(1), { dtype: 'float64' })],
        ['step_error_ratio', array(column(2), { dtype: 'float64' })],
        ['step_accepted', array(column(3), { dtype: 'int64' })],
      ]);
    } finally {
      await solve.release();
    }
  },
};

const isDescending = ({ data }: NDArray): boolean => Number(data[0]) > Number(data.at(-1));

export const flowModules: Readonly<Record<string, AppliedModule>> = {
  dopri5: solver,
  odefunc,
  'flow-forward': walked('forward', 'w', 'z'),
  'flow-reverse': walked('inverse', 'z', 'w'),
  'train-loss': trainLoss,
};
