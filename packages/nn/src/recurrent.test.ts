import { add, array, program, type Tensor, type TensorLike } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { checkLayerGradients, expectValues, fillWithWaves, inFloat64, wave } from '../test/support.js';
import { Module, Sequential } from './module.js';
import { GRU, GRUCell, LSTM, LSTMCell } from './recurrent.js';

/** An LSTM as a layer of one output. */
class Recurring extends Module {
  constructor(readonly lstm: LSTM) {
    super();
  }
  forward(x: TensorLike): Tensor {
    return this.lstm.forward(x).output;
  }
}

const CELL = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'];
const layers = (...names: string[]) => names.flatMap((layer) => CELL.map((name) => `${name}_${layer}`));
const x = wave([2, 3, 3], 0);
const h0 = wave([2, 2, 2], 5);
const c0 = wave([2, 2, 2], 6);

describe('LSTM', () => {
  const lstm = fillWithWaves(inFloat64(new LSTM(3, 2, { layers: 2 })), layers('l0', 'l1'));

  // PyTorch's h and c of the same two layers.
  it('agrees with PyTorch', async () => {
    await expectValues(
      (t) => lstm.forward(t).output,
      [x],
      [
        -0.08889484, -0.21419071, -0.12800271, -0.35233917, -0.19502407, -0.44443225, -0.0883319, -0.21343129,
        -0.12893525, -0.35362743, -0.19444393, -0.4448507,
      ],
    );
    await expectValues(
      (t) => lstm.forward(t).state.h,
      [x],
      [-0.00822842, 0.36526307, -0.0067286, 0.36184347, -0.19502407, -0.44443225, -0.19444393, -0.4448507],
    );
    await expectValues(
      (t) => lstm.forward(t).state.c,
      [x],
      [-0.01897104, 0.4074429, -0.01553536, 0.40371577, -1.54541998, -1.33757224, -1.54609574, -1.33835665],
    );
  });

  it('starts from a given state', async () => {
    const inputs = [x, h0, c0];
    await expectValues(
      (t, h, c) => lstm.forward(t, { h, c }).output,
      inputs,
      [
        -0.1917787, -0.06818998, -0.13531198, -0.31474917, -0.19361705, -0.42744387, -0.1807562, -0.39274517,
        -0.17913846, -0.4709504, -0.18375621, -0.48888632,
      ],
    );
    await expectValues(
      (t, h, c) => lstm.forward(t, { h, c }).state.c,
      inputs,
      [0.02142068, 0.38988369, 0.08611403, 0.35780083, -1.4638331, -1.23649245, -1.9164449, -1.52647361],
    );
  });

  it('needs no bias', async () => {
    const bare = fillWithWaves(inFloat64(new LSTM(3, 2, { bias: false })), ['weight_ih_l0', 'weight_hh_l0']);
    const expected = [-0.4680644, 0.00376822, -0.31101997, -0.26439109];
    await expectValues((t) => bare.forward(t).output, [wave([1, 2, 3], 0)], expected);
  });

  it('has the right gradients', async () => {
    const layer = inFloat64(new LSTM(2, 2, { layers: 2 }));
    const forward = (t: Tensor, h: Tensor, c: Tensor) => {
      const { output, state } = layer.forward(t, { h, c });
      return add(output, add(state.h, state.c));
    };
    await checkLayerGradients(layer, forward, [wave([2, 2, 2], 0), h0, c0]);
  });

  it('names its parameters as PyTorch does', () => {
    const paths = [...lstm.namedParameters().keys()];
    expect(paths).toEqual(layers('l0', 'l1'));
    expect(lstm.parameters().map((p) => p.name)).toEqual(paths);
    expect(lstm.numParameters).toBe(8 * (3 + 2 + 2) + 8 * (2 + 2 + 2));
  });

  it('serves sequences of any length', async () => {
    const run = program((t: Tensor) => lstm.forward(t).output, {
      inputs: [{ shape: ['batch', 'time', 3], dtype: 'float64' }],
    });
    const whole = await run(wave([2, 3, 3], 0));
    const longer = await run(wave([1, 500, 3], 0));
    expect(longer.shape).toEqual([1, 500, 2]);
    expect(longer.data[5]).toBe(whole.data[5]);
  });

  it('drops between layers in training only', async () => {
    const dropped = fillWithWaves(new LSTM(3, 2, { layers: 2, dropout: 0.5 }), layers('l0', 'l1'));
    const single = array(Float32Array.from(x.data as Float64Array), { shape: [2, 3, 3] });
    await expectValues(
      (t) => dropped.eval((m) => m.forward(t).state.h),
      [single],
      [-0.00822842, 0.36526307, -0.0067286, 0.36184347, -0.19502407, -0.44443225, -0.19444393, -0.4448507],
      6,
    );
    const step = program((t: Tensor) => dropped.forward(t).output);
    expect([...(await step(single)).data]).not.toEqual([...(await step(single)).data]);
    // As a part of another module too.
    const whole = new Sequential(new Recurring(dropped));
    const evaluated = program((t: Tensor) => whole.eval((m) => m.forward(t)));
    expect([...(await evaluated(single)).data]).toEqual([...(await evaluated(single)).data]);
  });

  it('says what input it expects', async () => {
    await expect(program((t: Tensor) => lstm.forward(t).output)(wave([2, 3], 0))).rejects.toThrow(
      /LSTM: input \[2, 3\], expected \[batch, time, 3\]/,
    );
  });
});

describe('GRU', () => {
  const gru = fillWithWaves(inFloat64(new GRU(3, 2, { layers: 2 })), layers('l0', 'l1'));

  it('agrees with PyTorch', async () => {
    await expectValues(
      (t) => gru.forward(t).output,
      [x],
      [
        -0.26648339, -0.52568849, -0.2950291, -0.68674532, -0.40017892, -0.81401015, -0.26483156, -0.52468854,
        -0.29724369, -0.68609059, -0.40189647, -0.81363037,
      ],
    );
    await expectValues(
      (t, h) => gru.forward(t, h).state,
      [x, h0],
      [0.05395526, 0.87226587, 0.36999469, 0.87040617, -0.25092334, -0.75192117, -0.37248883, -0.88256514],
    );
  });

  it('has the right gradients', async () => {
    const layer = inFloat64(new GRU(2, 2, { layers: 2 }));
    const forward = (t: Tensor, h: Tensor) => {
      const { output, state } = layer.forward(t, h);
      return add(output, state);
    };
    await checkLayerGradients(layer, forward, [wave([2, 2, 2], 0), h0]);
  });
});

describe('cells', () => {
  const [input, h, c] = [wave([2, 3], 0), wave([2, 2], 5), wave([2, 2], 6)];
  it('LSTMCell agrees with PyTorch', async () => {
    const cell = fillWithWaves(inFloat64(new LSTMCell(3, 2)), CELL);
    const ofH = [-0.4652484, 0.18516782, 0.40329814, 0.39095841];
    await expectValues((t, u, v) => cell.forward(t, { h: u, c: v }).h, [input, h, c], ofH);
    const ofC = [-0.51166144, 0.27326985, 0.51378868, 0.51961553];
    await expectValues((t, u, v) => cell.forward(t, { h: u, c: v }).c, [input, h, c], ofC);
  });
  it('GRUCell agrees with PyTorch', async () => {
    const cell = fillWithWaves(inFloat64(new GRUCell(3, 2)), CELL);
    const given = [-0.96873846, -0.08266649, 0.46154697, 0.11385731];
    await expectValues((t, s) => cell.forward(t, s), [input, h], given);
    const zero = [-0.761081, 0.15550669, -0.03386179, -0.29838446];
    await expectValues((t) => cell.forward(t), [input], zero);
  });
});
