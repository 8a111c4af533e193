import { array, Generator, NDArray } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { expect, it } from 'vitest';
import { type CodeSet, splitCodes } from '../flow/codes.js';
import { Flow } from '../flow/flow.js';
import { measureFlow } from './flow-quality.js';

const [COUNT, ROWS, DIMENSION, CONTEXT] = [3000, 2, 3, 11];
const [BY_ATTRIBUTE, NOISE] = [2, 0.5];

/** Every number is 1 + 2 times the attribute, and noise. */
function linearCodes(): CodeSet {
  const random = new Generator(3);
  const context = random.normalArray([COUNT, CONTEXT]);
  const w = Float32Array.from({ length: COUNT * ROWS * DIMENSION }, (_, at) => {
    const attribute = context.data[Math.floor(at / (ROWS * DIMENSION)) * CONTEXT + 9]!;
    return 1 + BY_ATTRIBUTE * attribute + NOISE * random.normal();
  });
  return { w: new NDArray(w, [COUNT, ROWS, DIMENSION], 'float32'), context };
}

/** A flow that does no more than to bring numbers to deviation 1. */
function standardizing(deviation: number): Flow {
  const flow = new Flow({ dimension: DIMENSION, hidden: [4], contextFeatures: CONTEXT, numBlocks: 1 });
  for (const [name, variable] of flow.namedVariables()) {
    const { shape, size } = variable.value;
    if (/layers/.test(name)) variable.value = new NDArray(new Float32Array(size), shape, 'float32');
    if (name === 'chain.0.running_mean') variable.value = array([1, 1, 1]);
    if (name === 'chain.0.running_var') variable.value = array([1, 1, 1].map(() => deviation ** 2));
  }
  return flow;
}

it('knows the likelihood of what Gaussians make', async () => {
  const codes = linearCodes();
  const { training, held } = splitCodes(codes, 0.1);
  const deviation = Math.sqrt(BY_ATTRIBUTE ** 2 + NOISE ** 2);
  const found = await measureFlow(standardizing(deviation), { training, held: held! }, { solved: 3 });
  const entropy = (logDeviations: number) =>
    ROWS * (DIMENSION * 0.5 * Math.log(2 * Math.PI * Math.E) + logDeviations);
  expect(found.codes).toBe(300);
  // Numbers of a row are correlated, which a flow of that kind cannot know, and a Gaussian can.
  expect(Math.abs(found.flow.nats - entropy(DIMENSION * Math.log(deviation)))).toBeLessThan(
    4 * found.flow.error,
  );
  const common = 0.5 * Math.log(NOISE ** 2 + DIMENSION * BY_ATTRIBUTE ** 2) + 2 * Math.log(NOISE);
  expect(found.gaussian.nats).toBeCloseTo(entropy(common), 0);
  expect(found.linear.nats).toBeCloseTo(entropy(DIMENSION * Math.log(NOISE)), 0);
  expect(found.linear.bitsPerDimension).toBeCloseTo(found.linear.nats / (6 * Math.LN2), 10);
});

it('counts evaluations, fewer where more is allowed, and tells how exactly codes come back', async () => {
  manualSeed(2);
  const flow = new Flow({ dimension: DIMENSION, hidden: [16], contextFeatures: CONTEXT, numBlocks: 2 });
  const { training, held } = splitCodes(linearCodes(), 0.01);
  const { solves } = await measureFlow(flow, { training, held: held! }, { solved: 2 });
  const [coarse, fine] = solves;
  expect([coarse!.tolerance, fine!.tolerance]).toEqual([1e-3, 1e-5]);
  expect(fine!.encode).toBeGreaterThan(coarse!.encode);
  // Two blocks, each with 2 evaluations and 6 for each step.
  expect(fine!.decode).toBeGreaterThanOrEqual(16);
  expect(fine!.roundTrip.max).toBeLessThan(1e-3);
  expect(fine!.roundTrip.mean).toBeLessThan(fine!.roundTrip.max);
  expect(coarse!.roundTrip.max).toBeLessThan(1e-2);
});
