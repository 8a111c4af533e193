import { array } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { checkLayerGradients, expectValues, fillWithWaves, inFloat64 } from '../test/support.js';
import { Embedding } from './embedding.js';
import { ones } from './init.js';

const ids = array(
  [
    [2, 0],
    [2, 1],
  ],
  { dtype: 'int32' },
);

describe('Embedding', () => {
  it('looks rows up', async () => {
    const layer = fillWithWaves(inFloat64(new Embedding(3, 2)), ['weight']);
    const row = (i: number) => [Math.sin(1 + 1.4 * i), Math.sin(1.7 + 1.4 * i)];
    await expectValues((i) => layer.forward(i), [ids], [2, 0, 2, 1].flatMap(row), 12);
  });

  it('has the right gradients, of rows used twice too', async () => {
    const layer = inFloat64(new Embedding(3, 2));
    await checkLayerGradients(layer, (i) => layer.forward(i), [ids], { second: true });
  });

  it('starts as its initialiser says, the padding id with zeros', () => {
    const { data } = new Embedding(3, 2, { paddingId: 1, weightInit: ones }).parameters()[0]!.value;
    expect([...data]).toEqual([1, 1, 0, 0, 1, 1]);
  });

  it('starts with N(0, 1), the padding id with zeros', () => {
    const { data } = new Embedding(100, 100, { paddingId: 1 }).parameters()[0]!.value;
    expect([...data.slice(100, 200)].every((v) => v === 0)).toBe(true);
    const squares = (data as Float32Array).reduce((s, v) => s + v * v, 0);
    expect(Math.abs(squares / 9900 - 1)).toBeLessThan(0.05);
  });
});
