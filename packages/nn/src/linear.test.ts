import { describe, expect, it } from 'vitest';
import { checkLayerGradients, expectValues, fillWithWaves, inFloat64, wave } from '../test/support.js';
import * as init from './init.js';
import { Linear } from './linear.js';
import { manualSeed } from './random.js';

describe('Linear', () => {
  it('agrees with PyTorch', async () => {
    const layer = fillWithWaves(inFloat64(new Linear(3, 2)), ['weight', 'bias']);
    const expected = [2.21378045, -0.93009659, 1.73091787, 0.60120872];
    await expectValues((x) => layer.forward(x), [wave([2, 3], 0)], expected);
  });

  it('maps the last of several axes, with no bias', async () => {
    const layer = fillWithWaves(inFloat64(new Linear(3, 2, { bias: false })), ['weight']);
    const expected = [1.30448302, -1.35747647, 0.82162044, 0.17382884];
    await expectValues((x) => layer.forward(x), [wave([1, 2, 3], 0)], expected);
    expect([...layer.namedParameters().keys()]).toEqual(['weight']);
  });

  it('has the right gradients', async () => {
    const layer = inFloat64(new Linear(3, 2));
    await checkLayerGradients(layer, (x) => layer.forward(x), [wave([2, 2, 3], 0)], { second: true });
  });

  it('starts as its initialisers say', () => {
    manualSeed(3);
    const expected = init.kaimingNormal([2, 3]);
    manualSeed(3);
    const state = new Linear(3, 2, { weightInit: init.kaimingNormal, biasInit: init.ones }).stateDict();
    expect(state.get('weight')).toEqual(expected);
    expect([...state.get('bias')!.data]).toEqual([1, 1]);
  });

  it('starts within ±1/√in, the same for the same seed', () => {
    manualSeed(7);
    const values = () => [...(new Linear(25, 400).parameters()[0]!.value.data as Float32Array)];
    const first = values();
    expect(Math.max(...first)).toBeGreaterThan(0.199);
    expect(Math.max(...first)).toBeLessThan(0.2);
    expect(Math.min(...first)).toBeLessThan(-0.199);
    expect(values()).not.toEqual(first);
    manualSeed(7);
    expect(values()).toEqual(first);
  });
});
