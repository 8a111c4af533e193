import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, Generator, NDArray, program, type Tensor } from '@sextant/engine';
import { writeNpy } from '@sextant/io';
import { Run } from '@sextant/train';
import { afterAll, expect, it } from 'vitest';
import { FACES } from '../attributes.js';
import { type CodeSet, codesBetween, readCodes } from './codes.js';
import { type FlowTrainConfig, FlowTrainSchema } from './config.js';
import { densityOptions, Flow } from './flow.js';
import { trainFlow } from './train.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-flow-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [COUNT, DIMENSION, CONTEXT] = [512, 3, 17];

/** Codes that are a linear map of the first light and attribute, and noise of deviation 0.3. */
function linearCodes(): CodeSet {
  const random = new Generator(5);
  const context = random.normalArray([COUNT, CONTEXT]);
  const w = new Float32Array(COUNT * DIMENSION);
  for (let i = 0; i < COUNT; i++) {
    const [light, attribute] = [context.data[i * CONTEXT]!, context.data[i * CONTEXT + 9]!];
    for (let j = 0; j < DIMENSION; j++)
      w[i * DIMENSION + j] = 1 + light * (j - 1) + attribute * (j + 1) + 0.3 * random.normal();
  }
  return { w: new NDArray(w, [COUNT, 1, DIMENSION], 'float32'), context };
}

const CONFIG: FlowTrainConfig = {
  flow: { dimension: DIMENSION, hidden: [32], contextFeatures: CONTEXT, numBlocks: 1 },
  table: FACES,
  data: 'codes',
  seed: 3,
  solver: { method: 'dopri5', rtol: 1e-3, atol: 1e-3, maxSteps: 100 },
  penalties: { kinetic: 0, jacobian: 0 },
  epochs: 12,
  batchSize: 64,
  learningRate: 1e-2,
  heldOut: 0.25,
  logEvery: 6,
  checkpointEvery: 36,
  validateEvery: 36,
};

async function trained(name: string, { resume = false, signal }: { resume?: boolean; signal?: AbortSignal }) {
  const path = join(folder, name);
  const run = resume
    ? await Run.resume(path, FlowTrainSchema)
    : await Run.create(path, FlowTrainSchema, CONFIG);
  try {
    const { result } = await trainFlow({ run, codes: linearCodes(), ...(signal ? { signal } : {}) });
    return { result, metrics: readFileSync(join(path, 'metrics.jsonl'), 'utf8') };
  } finally {
    await run.close();
  }
}

it('learns what codes of given attributes are like, comes back from z, and continues exactly', {
  timeout: 120_000,
}, async () => {
  const whole = await trained('whole', {});
  const last = JSON.parse(whole.metrics.trim().split('\n').at(-1)!);
  // The truth has 0.65 nats; a Gaussian that knows nothing of light and attributes 4.67.
  expect(last.heldNll).toBeLessThan(1.5);
  expect(last.heldNll).toBeGreaterThan(0.64);
  expect(last.roundTrip).toBeLessThan(1e-2);
  await trained('parts', { signal: AbortSignal.timeout(1) });
  const { metrics, result } = await trained('parts', { resume: true });
  expect(result.finished).toBe(true);
  expect(metrics).toBe(whole.metrics);
});

it('refuses gradients that the solver did not come back with', async () => {
  const { w, context } = linearCodes();
  const run = await Run.create(join(folder, 'lost'), FlowTrainSchema, {
    ...CONFIG,
    flow: { ...CONFIG.flow, hidden: [8] },
    // Enough for the way there: the field is flat. The loss is steep, and so are its gradients.
    solver: { ...CONFIG.solver, maxSteps: 2 },
    epochs: 1,
    heldOut: 0,
  });
  const codes = {
    w: array(
      w.data.map((v) => 10 * v),
      { shape: w.shape },
    ),
    context,
  };
  await expect(trainFlow({ run, codes })).rejects.toThrow(
    /^step 1: gradients are not finite: on the way back the solver does not reach the beginning .* Allow more/,
  );
  await run.close();
});

it('measures every held-out code', async () => {
  const { w, context } = codesBetween(linearCodes(), 0, 100);
  const heldNll = async (name: string, last: number) => {
    const run = await Run.create(join(folder, name), FlowTrainSchema, {
      ...CONFIG,
      flow: { ...CONFIG.flow, hidden: [4] },
      solver: { method: 'rk4', stepSize: 0.5 },
      epochs: 1,
      batchSize: 16,
      heldOut: 0.7,
    });
    const data = w.data.slice();
    data[data.length - 1] = last;
    await trainFlow({ run, codes: { w: new NDArray(data, w.shape, 'float32'), context } });
    await run.close();
    return JSON.parse(
      readFileSync(join(folder, name, 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .at(-1)!,
    ).heldNll;
  };
  const [near, far] = [await heldNll('near', 0), await heldNll('far', 100)];
  // One of 70 codes, of which 64 are measured at once, lies about 100 deviations farther out.
  expect(far - near).toBeGreaterThan(10);
});

it('integrates penalties: of a constant field its mean square, and no slope', async () => {
  const flow = new Flow({ ...CONFIG.flow, hidden: [4] });
  for (const [name, variable] of flow.namedVariables()) {
    const { shape } = variable.value;
    // Gates of one half, so that f is half the last layer's bias.
    if (/weight|gate|hyper/.test(name))
      variable.value = new NDArray(new Float32Array(variable.value.size), shape, 'float32');
    if (/layers\.1\._layer\.bias/.test(name)) variable.value = array([2, 4, 6]);
    if (/sqrt_end_time/.test(name)) variable.value = array(Math.sqrt(2));
  }
  const penalties = program((x: Tensor, context: Tensor, e: Tensor) => {
    const options = densityOptions({ method: 'dopri5', rtol: 1e-5, atol: 1e-5 }, [e], true);
    return flow.eval((f) => f.forward(x, context, options).penalties!);
  });
  const random = new Generator(1);
  const found = await penalties(
    random.normalArray([2, 1, 3]),
    random.normalArray([2, CONTEXT]),
    random.normalArray([2, 1, 3]),
  );
  const kinetic = (2 * (1 + 4 + 9)) / 3;
  for (const i of [0, 1]) {
    expect(found.data[2 * i]).toBeCloseTo(kinetic, 4);
    expect(found.data[2 * i + 1]).toBeCloseTo(0, 6);
  }
});

it("reads the authors' files, and says what does not fit", async () => {
  const path = join(folder, 'codes');
  const random = new Generator(2);
  const write = async (files: Record<string, readonly number[]>) => {
    for (const [name, shape] of Object.entries(files))
      await writeNpy(join(path, `${name}.npy`), random.normalArray([...shape]));
  };
  mkdirSync(path);
  await write({ latents: [4, 1, 18, 6], light: [4, 9, 1, 1], attributes: [4, 8, 1, 1] });
  const codes = await readCodes(path, FACES);
  expect([codes.w.shape, codes.context.shape]).toEqual([
    [4, 18, 6],
    [4, 17],
  ]);
  expect(codesBetween(codes, 1, 3).w.data[0]).toBe(codes.w.data[18 * 6]);
  await write({ light: [3, 9] });
  await expect(readCodes(path, FACES)).rejects.toThrow(
    /3 lights and 4 rows of attributes do not belong together/,
  );
  await write({ light: [4, 8] });
  await expect(readCodes(path, FACES)).rejects.toThrow(/light.npy has 8 numbers a row; 9 are needed/);
  await write({ light: [4, 9], latents: [4, 2, 3, 18, 6] });
  await expect(readCodes(path, FACES)).rejects.toThrow(/latents.npy has shape \[4, 2, 3, 18, 6\]/);
});
