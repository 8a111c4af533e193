import { Generator, type NDArray } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { expect, it } from 'vitest';
import { Flow } from '../flow/flow.js';
import { flowModules } from './flow.js';

manualSeed(3);
const checkpoint = new Flow({ dimension: 3, hidden: [8], contextFeatures: 4, numBlocks: 1 }).stateDict();
const random = new Generator(1);
const inputs = new Map<string, NDArray>([
  ['w', random.normalArray([4, 1, 3], 0, 3)],
  ['attributes', random.normalArray([4, 4])],
  ['e.0', random.normalArray([4, 1, 3])],
]);
const SIZES = { input_dim: 3, dims: '8', num_blocks: 1, zdim: 4 };
const WEIGHT = 'chain.1.odefunc.diffeq.layers.0._layer.weight';

const loss = (config: Readonly<Record<string, unknown>>, wrt: readonly string[] = [WEIGHT]) =>
  flowModules['train-loss']!.apply({
    config: { ...SIZES, ...config },
    checkpoint,
    inputs,
    gradients: { of: 'loss', wrt },
  });
const numbers = (found: ReadonlyMap<string, NDArray>, name: string) =>
  Array.from(found.get(name)!.data, Number);

it("takes the adjoint's tolerances for gradients, and for nothing else", async () => {
  const fine = await loss({ use_adjoint: true });
  const coarse = await loss({ use_adjoint: true, adjoint_atol: 0.5, adjoint_rtol: 0.5 });
  expect(coarse.get('loss')!.data).toEqual(fine.get('loss')!.data);
  const [a, b] = [fine, coarse].map((found) => numbers(found, `grad/${WEIGHT}`));
  const off = Math.max(...a!.map((value, i) => Math.abs(value - b![i]!)));
  expect(off).toBeGreaterThan(1e-3 * Math.max(...a!.map(Math.abs)));
});

it('moves statistics in training only', async () => {
  const rk4 = { solver: 'rk4', step_size: 0.5, use_adjoint: false };
  const [training, still] = [await loss({ ...rk4, mode: 'train' }), await loss({ ...rk4, mode: 'eval' })];
  expect(numbers(still, 'buffer/chain.0.running_mean')).toEqual([0, 0, 0]);
  for (const value of numbers(training, 'buffer/chain.0.running_mean')) expect(value).not.toBe(0);
  expect(numbers(training, 'loss')).toEqual(numbers(still, 'loss'));
});

it.each([
  [
    { use_adjoint: false },
    /^config use_adjoint: false, but gradients of dopri5 are by the adjoint equation$/,
  ],
  [
    { solver: 'rk4', step_size: 0.5, use_adjoint: true },
    /^config use_adjoint: true, but gradients of rk4 go through its steps$/,
  ],
  [
    { solver: 'rk4', step_size: 0.5, adjoint_rtol: 1e-3 },
    /^config adjoint_rtol: rk4 has no adjoint equation$/,
  ],
])('refuses %j', async (config, message) => {
  await expect(loss(config)).rejects.toThrow(message);
});

it('has no gradients by end times that are not trained', async () => {
  const END = 'chain.1.sqrt_end_time';
  const rk4 = { solver: 'rk4', step_size: 0.5 };
  expect((await loss({ ...rk4, train_T: true }, [END])).has(`grad/${END}`)).toBe(true);
  await expect(loss({ ...rk4, train_T: false }, [END])).rejects.toThrow(
    /no input or parameter 'chain.1.sqrt_/,
  );
});
