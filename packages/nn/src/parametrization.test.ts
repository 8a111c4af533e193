import { array, grad, program, sum, type Tensor } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { checkLayerGradients, expectValues, fillWithWaves, inFloat64, wave } from '../test/support.js';
import { Conv1d, Conv2d, ConvTranspose1d } from './convolution.js';
import { Linear } from './linear.js';
import type { Parameter } from './module.js';
import { spectralNorm, type WeightNorm, weightNorm } from './parametrization.js';

describe('weightNorm', () => {
  it('keeps the weight it is given', async () => {
    const layer = new ConvTranspose1d(3, 2, 4);
    const before = [...((layer.weight as Parameter).value.data as Float32Array)];
    weightNorm(layer);
    await expectValues(() => (layer.weight as WeightNorm).toTensor(), [], before, 6);
    expect([...layer.namedParameters()].map(([path, p]) => [path, ...p.shape])).toEqual([
      ['weight.g', 3, 1, 1],
      ['weight.v', 3, 2, 4],
      ['bias', 2],
    ]);
  });

  it('agrees with PyTorch', async () => {
    const paths = ['weight.g', 'weight.v', 'bias'];
    const conv = fillWithWaves(weightNorm(new Conv1d(2, 2, 2)), paths);
    const ofConv = [0.44487396, 1.29416663, 1.60116346, -1.03195125, -1.85757142, -2.05873694];
    await expectValues((x) => conv.forward(x), [wave([1, 2, 4], 0, 'float32')], ofConv, 5);
    const transposed = fillWithWaves(weightNorm(new ConvTranspose1d(3, 2, 2)), paths);
    const ofTransposed = [-0.42310305, -0.64303835, -0.28108191, -0.52380312, -0.38228485, -0.45423422];
    await expectValues((x) => transposed.forward(x), [wave([1, 3, 2], 0, 'float32')], ofTransposed, 5);
    const linear = fillWithWaves(inFloat64(weightNorm(new Linear(3, 2), 1)), paths);
    await expectValues((x) => linear.forward(x), [wave([1, 3], 0)], [0.16632209, -1.74278278]);
  });

  it('has the right gradients', async () => {
    const layer = inFloat64(weightNorm(new Linear(3, 2)));
    await checkLayerGradients(layer, (x) => layer.forward(x), [wave([2, 3], 0)], { second: true });
  });

  it('computes the weight once for all uses in a program, and anew after an assignment', async () => {
    const layer = weightNorm(new Linear(2, 1, { bias: false }));
    const { g } = layer.weight as WeightNorm;
    const before = g.value.item();
    const [same, other] = await program((x: Tensor) => {
      const first = layer.weight.toTensor();
      layer.forward(x);
      const again = layer.weight.toTensor();
      g.assign([[2]]);
      expect(again).toBe(first);
      return [first, layer.weight.toTensor()] as const;
    })(array([[1, 2]]));
    expect(Math.hypot(...(other.data as Float32Array))).toBeCloseTo(2, 5);
    expect(Math.hypot(...(same.data as Float32Array))).toBeCloseTo(before, 5);
  });

  it('is not applied twice', () => {
    expect(() => weightNorm(weightNorm(new Linear(2, 2)))).toThrow(
      /weightNorm: the layer's weight is computed/,
    );
  });
});

describe('spectralNorm', () => {
  const paths = ['weight.original', 'weight.u', 'weight.v'];
  const x = wave([1, 2, 2, 2], 0, 'float32');

  it('iterates in training, as PyTorch', async () => {
    const layer = fillWithWaves(spectralNorm(new Conv2d(2, 3, 2, { bias: false }), { eps: 1e-7 }), paths);
    const step = program((t: Tensor) => layer.forward(t));
    const first = [...(await step(x)).data];
    const second = [...(await step(x)).data];
    for (const [i, v] of [0.94058662, 1.45197759, 1.31162193].entries()) expect(first[i]).toBeCloseTo(v, 5);
    const later = [0.85293294, 1.31666716, 1.1893913];
    for (const [i, v] of later.entries()) expect(second[i]).toBeCloseTo(v, 5);
    const u = layer.namedVariables().get('weight.u')!.value.data;
    for (const [i, v] of [0.63286588, 0.66435446, 0.39763542].entries()) expect(u[i]).toBeCloseTo(v, 5);
    await expectValues((t) => layer.eval((m) => m.forward(t)), [x], later, 5);
    const gradient = program((t: Tensor) => {
      const [original] = layer.parameters();
      return grad(sum(layer.eval((m) => m.forward(t))), original!);
    });
    const expected = [
      -0.17470795, -0.10218631, 0.01839516, 0.13032509, 0.1809611, 0.14648827, 0.04311972, -0.08052871,
    ];
    const { data } = await gradient(x);
    for (const [i, v] of expected.entries()) expect(data[i]).toBeCloseTo(v, 5);
  });

  it('takes rows from another axis, and several iterations', async () => {
    const layer = spectralNorm(new ConvTranspose1d(2, 3, 2, { bias: false }), { axis: 1, iterations: 2 });
    const expected = [
      -0.37911949, -0.25647064, 0.13765796, 0.13369266, 0.67155145, 0.33134492, 0.42456621, 0.484754,
      -0.02502247,
    ];
    fillWithWaves(layer, paths);
    await expectValues((t) => layer.forward(t), [wave([1, 2, 2], 0, 'float32')], expected, 5);
  });

  it('has the right gradients for fixed singular vectors', async () => {
    const layer = inFloat64(spectralNorm(new Linear(3, 2)));
    const forward = (t: Tensor) => layer.eval((m) => m.forward(t));
    await checkLayerGradients(layer, forward, [wave([2, 3], 0)], { second: true });
  });

  it('saves its vectors, which are not parameters', () => {
    const layer = spectralNorm(new Linear(3, 2));
    expect([...layer.stateDict().keys()]).toEqual(['weight.original', 'weight.u', 'weight.v', 'bias']);
    expect([...layer.namedParameters().keys()]).toEqual(['weight.original', 'bias']);
    const { data } = layer.namedVariables().get('weight.v')!.value;
    expect(Math.hypot(...(data as Float32Array))).toBeCloseTo(1, 6);
  });
});
