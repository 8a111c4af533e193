/**
 * @module Sextant's side of the flow's cases: a process that does one job.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { densityOptions, negativeLogLikelihood, type Solver } from '@sextant/edit';
import { createRuntime, type NDArray, program, setDefaultRuntime, type Tensor } from '@sextant/engine';
import { makeFolder, writePyTorch } from '@sextant/io';
import { Adam } from '@sextant/nn';
import type { JobOptions } from '../case.js';
import { type Job, serve, timed } from '../serve.js';
import { code, codes, flow } from './flow-work.js';

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
const versions = { 'onnxruntime-node': version };

const SOLVER: Solver = { method: 'dopri5', rtol: 1e-5, atol: 1e-5 };

/** Writes weights and inputs. */
const work: Job = async ({ folder }) => {
  await makeFolder(folder);
  const arrays = (record: Record<string, NDArray>) => new Map(Object.entries(record));
  await writePyTorch(
    join(folder, 'flow.pt'),
    new Map<string, Map<string, NDArray>>([
      ['flow', new Map(flow().stateDict())],
      ['code', arrays(code())],
      ['codes', arrays(codes())],
    ]),
  );
  return { run: () => Promise.reject(new Error('this job only prepares')) };
};

/** A code encoded with what it shows, and decoded with what it shall show. */
const edit: Job = async () => {
  const model = flow();
  const edited = program(
    (w: Tensor, source: Tensor, target: Tensor) =>
      model.eval((f) => {
        const { x: z } = f.forward(w, source, { solver: SOLVER });
        return f.inverse(z, target, { solver: SOLVER }).x;
      }),
    { freeze: true },
  );
  const { w, source, target } = code();
  return {
    versions,
    run: async () => {
      const { ms, result } = await timed(() => edited(w, source, target));
      return { ms, digest: meanOf(result) };
    },
  };
};

/** Likelihood, gradients by the adjoint equation, and Adam's update. */
const flowStep: Job = async () => {
  const model = flow();
  const optimizer = new Adam(model.parameters(), { learningRate: 1e-3 });
  const step = program((w: Tensor, context: Tensor, e: Tensor) => {
    const { x, l } = model.forward(w, context, densityOptions(SOLVER, [e]));
    const loss = negativeLogLikelihood(x, l!);
    optimizer.minimize(loss);
    return loss;
  });
  const { w, context, e } = codes();
  return {
    versions,
    run: async () => {
      const { ms, result } = await timed(() => step(w, context, e));
      return { ms, digest: result.item() };
    },
  };
};

const meanOf = ({ data, size }: NDArray): number =>
  (data as Float32Array).reduce((sum, v) => sum + v, 0) / size;

const { threads } = JSON.parse(process.argv[2]!) as JobOptions;
setDefaultRuntime(createRuntime({ threads }));
await serve({ work, edit, 'flow-step': flowStep });
