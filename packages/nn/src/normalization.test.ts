import { mul, program, type Tensor } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { checkLayerGradients, expectValues, fillWithWaves, inFloat64, wave } from '../test/support.js';
import type { Module } from './module.js';
import {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
} from './normalization.js';

/** A layer with waves for parameters and statistics, as the PyTorch layer the values come from. */
function filled<L extends Module>(layer: L): L {
  const names = ['weight', 'bias', 'running_mean'];
  const variables = inFloat64(layer).namedVariables();
  fillWithWaves(
    layer,
    names.filter((name) => variables.has(name)),
  );
  const variance = variables.get('running_var');
  if (variance) {
    const values = wave(variance.shape, 4);
    values.data.forEach((v, i) => {
      values.data[i] = Number(v) ** 2 + 0.5;
    });
    variance.value = values;
  }
  return layer;
}

const x = wave([2, 2, 3], 0);

describe('batch normalisation', () => {
  const close = (actual: ArrayLike<number | bigint>, expected: number[]) => {
    for (const [i, v] of expected.entries()) expect(actual[i]).toBeCloseTo(v, 7);
  };

  it('uses and collects statistics in training, and keeps to them in inference', async () => {
    const layer = filled(new BatchNorm1d(2));
    const input = wave([3, 2], 0);
    const step = program((t: Tensor) => layer.forward(t));
    const trained = [0.00404461, 0.91293077, 2.03082942, 1.32400166, 0.69301825, -0.95479279];
    close((await step(input)).data, trained);
    close(layer.running_mean!.value.data, [0.1710226, -0.43829773]);
    close(layer.running_var!.value.data, [0.99058216, 1.39172457]);
    for (let i = 0; i < 6; i++) (input.data as Float64Array)[i]! += 1;
    await step(input);
    close(layer.running_mean!.value.data, [0.29793494, -0.25591317]);
    close(layer.running_var!.value.data, [0.91663108, 1.29441482]);
    expect(layer.num_batches_tracked!.value.item()).toBe(2);
    const inferred = [0.6474424, 1.21195067, 1.51355421, 1.40282789, 0.9418635, 0.34468937];
    await expectValues((t) => layer.eval((m) => m.forward(t)), [wave([3, 2], 0)], inferred);
  });

  it('counts all batches the same without momentum', async () => {
    const layer = filled(new BatchNorm1d(2, { momentum: null }));
    const step = program((t: Tensor) => layer.forward(t));
    close(
      (await step(x)).data,
      [
        1.06899818, 1.79044793, 2.17258859, 1.36135102, 0.25266157, -1.18671169, 0.09293352, -0.03123579,
        0.36205213, -0.41515794, 0.92850773, 1.62362859,
      ],
    );
    close(layer.running_mean!.value.data, [-0.1426046, 0.4182305]);
    const shifted = wave([2, 2, 3], 0);
    for (let i = 0; i < 12; i++) (shifted.data as Float64Array)[i]! += 1;
    await step(shifted);
    close(layer.running_mean!.value.data, [0.3573954, 0.9182305]);
    close(layer.running_var!.value.data, [0.67749324, 0.26785728]);
  });

  it('has forms for pictures and volumes, without parameters or statistics', async () => {
    const picture = filled(new BatchNorm2d(2, { affine: false, eps: 0.1 }));
    await expectValues(
      (t) => picture.forward(t),
      [wave([1, 2, 2, 2], 0)],
      [-1.26060568, 0.04247433, 0.73269545, 0.4854359, 1.31651576, 0.19141693, -0.66301227, -0.84492042],
    );
    expect(picture.parameters()).toEqual([]);
    const volume = inFloat64(new BatchNorm3d(2, { trackRunningStats: false }));
    await expectValues(
      (t) => volume.eval((m) => m.forward(t)),
      [wave([1, 2, 1, 2, 2], 0)],
      [-1.63992369, 0.05525491, 0.95316453, 0.63150424, 1.53995894, 0.22390481, -0.77554079, -0.98832296],
    );
    expect([...volume.stateDict().keys()]).toEqual(['weight', 'bias']);
  });

  it('serves a batch of any size', async () => {
    const layer = filled(new BatchNorm1d(2));
    const step = program((t: Tensor) => layer.forward(t), {
      inputs: [{ shape: ['batch', 2], dtype: 'float64' }],
    });
    await step(wave([3, 2], 0));
    close(layer.running_var!.value.data, [0.99058216, 1.39172457]);
  });

  it('saves what PyTorch saves', () => {
    expect([...new BatchNorm2d(2).stateDict().keys()]).toEqual([
      'weight',
      'bias',
      'running_mean',
      'running_var',
      'num_batches_tracked',
    ]);
  });

  it('refuses other axes, and a single value per channel in training', async () => {
    const layer = inFloat64(new BatchNorm2d(2));
    const run = (shape: number[]) => program((t: Tensor) => layer.forward(t))(wave(shape, 0));
    await expect(run([2, 2, 3])).rejects.toThrow(/BatchNorm2d: input \[2, 2, 3\], expected 4 axes/);
    await expect(run([1, 2, 1, 1])).rejects.toThrow(/BatchNorm2d: training needs more than one value/);
  });
});

describe('per sample', () => {
  it.each<[string, Module & { forward(t: Tensor): Tensor }, number[], number[]]>([
    [
      'InstanceNorm',
      new InstanceNorm(2),
      [2, 2, 3],
      [
        -1.329441, 0.24716794, 1.08227306, 1.16846392, 0.10566538, -1.27412929, -0.29426788, -1.05051251,
        1.34478038, -1.33228575, 0.25544988, 1.07683587,
      ],
    ],
    [
      'InstanceNorm with parameters',
      new InstanceNorm(2, { affine: true, eps: 0.1 }),
      [2, 2, 3],
      [
        0.02458855, 1.07378135, 1.62952238, 1.40501081, 0.51578804, -0.63865921, 0.80513827, 0.53745765,
        1.38529636, -0.61222362, 0.62671144, 1.26765182,
      ],
    ],
    [
      'LayerNorm',
      new LayerNorm(3),
      [2, 2, 3],
      [
        -0.2093886, 0.67248763, 0.4754945, 1.89252591, 0.53216452, -1.11616853, 0.66167955, -0.6143764,
        0.65280853, -0.21178238, 0.68070054, 0.47182188,
      ],
    ],
    [
      'LayerNorm of two axes',
      new LayerNorm([2, 3]),
      [2, 2, 3],
      [
        0.17526406, 0.91217797, 0.5616859, -0.77870938, -0.89550718, 0.87171065, 0.090678, -0.68301542,
        -0.69762603, -0.80979219, -1.63992112, -2.16291067,
      ],
    ],
    [
      'LayerNorm without parameters',
      new LayerNorm(3, { affine: false }),
      [2, 2, 3],
      [
        -1.329441, 0.24716794, 1.08227306, 1.16846392, 0.10566538, -1.27412929, -0.29426788, -1.05051251,
        1.34478038, -1.33228575, 0.25544988, 1.07683587,
      ],
    ],
    [
      'GroupNorm',
      new GroupNorm(2, 4),
      [1, 4, 2],
      [-0.47065077, 0.95579283, 1.3725996, 1.05362041, 0.78464446, -0.10430165, -0.85052461, -0.85937223],
    ],
  ])('%s agrees with PyTorch', async (_, layer, shape, expected) => {
    // ONNX Runtime takes ε in single precision.
    await expectValues((t) => filled(layer).forward(t), [wave(shape, 0)], expected, 6);
  });

  it('LayerNorm says which shape it expects', async () => {
    const layer = inFloat64(new LayerNorm([2, 3]));
    await expect(program((t: Tensor) => layer.forward(t))(wave([2, 3, 3], 0))).rejects.toThrow(
      /LayerNorm: input \[2, 3, 3\] does not end in \[2, 3\]/,
    );
  });
});

describe('gradients', () => {
  it.each<[string, Module & { forward(t: Tensor): Tensor }, number[]]>([
    ['BatchNorm1d', new BatchNorm1d(2), [3, 2]],
    ['BatchNorm2d', new BatchNorm2d(2), [2, 2, 1, 2]],
    ['BatchNorm3d', new BatchNorm3d(2), [2, 2, 1, 2, 1]],
    ['InstanceNorm', new InstanceNorm(2, { affine: true }), [2, 2, 3]],
    ['LayerNorm', new LayerNorm(3), [2, 3]],
    ['GroupNorm', new GroupNorm(2, 4), [1, 4, 2]],
  ])('%s', async (_, layer, shape) => {
    inFloat64(layer);
    // Squared, so that the sum over a normalised axis is not constant.
    const forward = (t: Tensor) => mul(layer.forward(t), layer.forward(t));
    await checkLayerGradients(layer, forward, [wave(shape, 0)]);
  });

  it('BatchNorm1d in inference', async () => {
    const layer = inFloat64(new BatchNorm1d(2));
    const forward = (t: Tensor) => layer.eval((m) => mul(m.forward(t), m.forward(t)));
    await checkLayerGradients(layer, forward, [wave([3, 2], 0)]);
  });
});
