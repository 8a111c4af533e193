import { array, program, swapAxes, type Tensor, type TensorLike } from '@sextant/engine';
import { checkGradients, evaluate } from '@sextant/engine/testing';
import { describe, expect, it } from 'vitest';
import { checkLayerGradients, expectValues, fillWithWaves, inFloat64, wave } from '../test/support.js';
import { MultiHeadAttention, mergeHeads, scaledDotProductAttention, splitHeads } from './attention.js';
import { Conv1d } from './convolution.js';
import { Sequential } from './module.js';

const bool = (values: number[][] | number[][][]) => array(values, { dtype: 'bool' });

describe('scaledDotProductAttention', () => {
  const inputs = [wave([1, 2, 3, 2], 0), wave([1, 2, 4, 2], 1), wave([1, 2, 4, 3], 2)];
  const mask = bool([
    [1, 0, 1, 0],
    [0, 0, 0, 0],
    [1, 1, 1, 1],
  ]);

  it('agrees with PyTorch', async () => {
    await expectValues(
      (q, k, v) => scaledDotProductAttention(q, k, v),
      inputs,
      [
        0.31964025, 0.09188701, -0.17908213, 0.35081695, 0.02732335, -0.30902085, 0.15305022, 0.06215997,
        -0.05796508, -0.32653759, -0.52548482, -0.47728833, -0.29090831, -0.40155568, -0.32334515,
        -0.28589432, -0.12027673, 0.10190889,
      ],
    );
    await expectValues(
      (q, k, v) => scaledDotProductAttention(q, k, v, { scale: 2 }),
      inputs,
      [
        0.52900469, 0.16255268, -0.2803504, 0.69665131, 0.25374154, -0.30850685, 0.01951836, -0.01984025,
        -0.04986767, -0.67091128, -0.85797032, -0.64151251, -0.48226725, -0.65560251, -0.52059766,
        -0.33433709, 0.00374482, 0.34006549,
      ],
    );
  });

  it('attends where the mask allows, to nothing with zeros', async () => {
    await expectValues(
      (q, k, v, m) => scaledDotProductAttention(q, k, v, { mask: m }),
      [...inputs, mask],
      [
        0.62184119, 0.47113611, 0.09884835, 0, 0, 0, 0.15305022, 0.06215997, -0.05796508, 0.4965889,
        0.07512765, -0.38166731, 0, 0, 0, -0.28589432, -0.12027673, 0.10190889,
      ],
    );
  });

  it('attends to what came before', async () => {
    const expected = [
      0.90929743, 0.42737988, -0.2555411, 0.33437697, -0.04636226, -0.40529659, -0.05411303, -0.0346181,
      0.00115827, -0.82782647, -0.99455259, -0.69352508, -0.50465349, -0.32120838, 0.01330604, -0.24988043,
      -0.06328256, 0.1530781,
    ];
    const causal = (q: Tensor, k: Tensor, v: Tensor) => scaledDotProductAttention(q, k, v, { causal: true });
    await expectValues(causal, inputs, expected);
    const mask = bool([[0, 1, 1, 1]]);
    const both = await evaluate(
      (q, k, v) => scaledDotProductAttention(q, k, v, { causal: true, mask }),
      ...inputs,
    );
    // The first query may see nothing, the second the second key alone.
    for (const [i, v] of [0, 0, 0, ...inputs[2]!.data.slice(3, 6)].entries())
      expect(both.data[i]).toBeCloseTo(Number(v), 12);
  });

  it('has the right gradients', async () => {
    const fn = (q: Tensor, k: Tensor, v: Tensor) => scaledDotProductAttention(q, k, v, { mask });
    await checkGradients(fn, inputs, { second: true });
  });
});

it('mergeHeads undoes splitHeads', async () => {
  const x = wave([2, 3, 4], 0);
  const heads = await evaluate((t) => splitHeads(t, 2), x);
  expect(heads.shape).toEqual([2, 2, 3, 2]);
  // Batch 0, head 1, time 0: the last two features of the first row.
  expect([...heads.data.slice(6, 8)]).toEqual([...x.data.slice(2, 4)]);
  expect([...(await evaluate(mergeHeads, heads)).data]).toEqual([...x.data]);
  await expect(evaluate((t) => splitHeads(t, 3), x)).rejects.toThrow(/does not divide/);
});

describe('MultiHeadAttention', () => {
  /** PyTorch's layer of four features, two heads, keys of three and values of five features. */
  function filled() {
    const layer = inFloat64(new MultiHeadAttention(4, 2, { keyFeatures: 3, valueFeatures: 5 }));
    const weights = ['q_proj', 'k_proj', 'v_proj'].map((name) => `${name}.weight`);
    fillWithWaves(layer, [...weights, 'q_proj.bias', 'out_proj.weight', 'out_proj.bias']);
    // in_proj_bias is one wave of phase 4 over the three projections.
    const bias = wave([12], 4).data as Float64Array;
    for (const [i, name] of ['q_proj', 'k_proj', 'v_proj'].entries()) {
      const { value } = layer.namedVariables().get(`${name}.bias`)!;
      (value.data as Float64Array).set(bias.subarray(4 * i, 4 * i + 4));
    }
    return layer;
  }
  const inputs = [wave([2, 3, 4], 0), wave([2, 2, 3], 1), wave([2, 2, 5], 2)];
  const layer = filled();

  it('agrees with PyTorch', async () => {
    await expectValues(
      (q, k, v) => layer.forward(q, k, v),
      inputs,
      [
        -0.9022793, 0.28723342, 1.74321369, -0.50391776, 0.04201132, -0.73739263, 2.72977419, -1.33841039,
        -1.2861085, 0.52973504, 1.670062, -0.60856907, 0.79247068, -1.06528148, 2.59720322, -0.76069889,
        -1.35307246, 0.60673757, 1.59191895, -0.53831535, 0.78777153, -0.8605949, 2.21618184, -0.24737175,
      ],
    );
  });

  it('takes masks of queries and keys, and of padding', async () => {
    const pairs = bool([
      [1, 0],
      [1, 1],
      [0, 1],
    ]);
    await expectValues(
      (q, k, v, m) => layer.forward(q, k, v, { mask: m }),
      [...inputs, pairs],
      [
        -0.43749176, -0.02610435, 1.86889384, -0.42741729, 0.04201132, -0.73739263, 2.72977419, -1.33841039,
        0.33487022, -1.00711445, 2.94519114, -1.4746299, -1.5897739, 0.91908333, 1.24002209, -0.18753094,
        -1.35307246, 0.60673757, 1.59191895, -0.53831535, 1.24255583, -1.70750815, 3.35735871, -1.55094318,
      ],
    );
    const padding = bool([[[1, 1]], [[1, 0]]]);
    const last = [-1.5897739, 0.91908333, 1.24002209, -0.18753094];
    await expectValues(
      (q, k, v, m) => layer.forward(q, k, v, { mask: m }),
      [...inputs, padding],
      [
        -0.9022793,
        0.28723342,
        1.74321369,
        -0.50391776,
        0.04201132,
        -0.73739263,
        2.72977419,
        -1.33841039,
        -1.2861085,
        0.52973504,
        1.670062,
        -0.60856907,
        ...last,
        ...last,
        ...last,
      ],
    );
  });

  it('has the right gradients', async () => {
    const small = inFloat64(new MultiHeadAttention(2, 2));
    await checkLayerGradients(small, (x) => small.forward(x), [wave([1, 2, 2], 0)], { second: true });
  });

  it('serves any batch and time', async () => {
    const run = program((q: Tensor, k: Tensor, v: Tensor) => layer.forward(q, k, v, { causal: true }), {
      inputs: [4, 3, 5].map((d) => ({ shape: ['b', 't', d], dtype: 'float64' as const })) as never,
    });
    expect((await run(wave([2, 7, 4], 0), wave([2, 7, 3], 0), wave([2, 7, 5], 0))).shape).toEqual([2, 7, 4]);
  });

  it('drops weights in training only', async () => {
    const dropping = new MultiHeadAttention(4, 2, { dropout: 0.5 });
    const x = wave([1, 8, 4], 0, 'float32');
    const train = program((t: Tensor) => dropping.forward(t));
    expect([...(await train(x)).data]).not.toEqual([...(await train(x)).data]);
    const infer = program((t: Tensor) => dropping.eval((m) => m.forward(t)));
    expect([...(await infer(x)).data]).toEqual([...(await infer(x)).data]);
  });

  it('has heads of any width, and results of another width than the queries', async () => {
    const wide = inFloat64(
      new MultiHeadAttention(3, 2, { headFeatures: 4, keyFeatures: 5, valueFeatures: 1, outFeatures: 6 }),
    );
    expect([...wide.stateDict()].map(([key, { shape }]) => `${key} ${shape}`)).toEqual([
      'q_proj.weight 8,3',
      'q_proj.bias 8',
      'k_proj.weight 8,5',
      'k_proj.bias 8',
      'v_proj.weight 8,1',
      'v_proj.bias 8',
      'out_proj.weight 6,8',
      'out_proj.bias 6',
    ]);
    const inputs = [wave([1, 2, 3], 0), wave([1, 4, 5], 1), wave([1, 4, 1], 2)];
    const result = await evaluate((q, k, v) => wide.forward(q, k, v), ...inputs);
    expect(result.shape).toEqual([1, 2, 6]);
  });

  it('takes other layers for projections: queries and keys of a causal convolution', async () => {
    class CausalConvolution extends Conv1d {
      constructor() {
        super(3, 4, 2, { padding: [[1, 0]] });
      }

      override forward(x: TensorLike): Tensor {
        return swapAxes(super.forward(swapAxes(x, 1, 2)), 1, 2);
      }
    }
    const [q_proj, k_proj] = [new CausalConvolution(), new CausalConvolution()];
    const layer = new MultiHeadAttention(3, 2, { headFeatures: 2, q_proj, k_proj });
    expect(layer.namedParameters().get('k_proj.weight')!.shape).toEqual([4, 3, 2]);
    const x = wave([1, 4, 3], 0, 'float32');
    const attend = (t: Tensor) => layer.forward(t, t, t, { causal: true });
    await expectValues(
      (t) =>
        layer.out_proj.forward(
          mergeHeads(
            scaledDotProductAttention(
              splitHeads(q_proj.forward(t), 2),
              splitHeads(k_proj.forward(t), 2),
              splitHeads(layer.v_proj.forward(t), 2),
              { causal: true },
            ),
          ),
        ),
      [x],
      [...((await evaluate(attend, x)).data as Float32Array)],
      5,
    );
    // The last position changes nothing before it.
    const changed = wave([1, 4, 3], 0, 'float32');
    (changed.data as Float32Array).fill(9, 9);
    const [before, after] = [await evaluate(attend, x), await evaluate(attend, changed)];
    expect([...after.data.slice(0, 9)]).toEqual([...before.data.slice(0, 9)]);
    expect([...after.data.slice(9)]).not.toEqual([...before.data.slice(9)]);
  });

  it('drops of what the heads give, before the last projection', async () => {
    const identity = new Sequential((x) => x);
    const layer = new MultiHeadAttention(2, 1, { headDropout: 0.5, v_proj: identity, out_proj: identity });
    const x = array(new Float32Array(2000).fill(1), { shape: [1, 1000, 2] });
    const { data } = await program((t: Tensor) => layer.forward(t))(x);
    expect(new Set([...data].map((v) => Math.round(Number(v) * 1e4) / 1e4))).toEqual(new Set([0, 2]));
  });

  it('starts with biases of zero and Xavier weights', () => {
    const state = new MultiHeadAttention(64, 4).stateDict();
    const peak = (key: string) => Math.max(...(state.get(key)!.data as Float32Array).map(Math.abs));
    expect(peak('k_proj.bias')).toBe(0);
    expect(peak('out_proj.bias')).toBe(0);
    expect(peak('v_proj.weight') / Math.sqrt(6 / 256)).toBeGreaterThan(0.99);
    expect(peak('v_proj.weight')).toBeLessThan(Math.sqrt(6 / 256));
    expect(peak('out_proj.weight') * 8).toBeGreaterThan(0.99);
    expect(() => new MultiHeadAttention(6, 4)).toThrow(/6 features do not divide into 4 heads/);
  });
});
