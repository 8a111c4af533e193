import { readFile, writeFile } from 'node:fs/promises';
import { array, zeros } from '@sextant/engine';
import { InputError, readSafetensors } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, variables } from '../test/support.js';
import {
  type CheckpointInfo,
  componentTensors,
  decodeCheckpoint,
  readCheckpoint,
  restoreState,
  writeCheckpoint,
} from './checkpoint.js';

const path = temporaryFolder();

const info: CheckpointInfo = {
  sextant: '0.1.0',
  config: 'abc',
  step: 12,
  cursor: { epoch: 1, index: 32 },
  best: { metric: 'loss', value: 0.1 + 0.2, step: 8 },
  averages: [['loss', 1 / 3, 4]],
};

const state = () => ({
  model: variables({ 'layers.0.weight': [1.5, -2, 3], bias: array([1, 2], { dtype: 'float64' }) }),
  optimizer: variables({ step: array(7, { dtype: 'int32' }), 'sums.0': zeros([3]) }),
  random: variables({ key: array([1, 2], { dtype: 'uint32' }) }),
});

describe('a checkpoint', () => {
  it('gives back every variable and all information', async () => {
    await writeCheckpoint(path('a'), state(), info);
    const checkpoint = await readCheckpoint(path('a'));
    expect(checkpoint.info).toEqual(info);
    const other = state();
    for (const component of Object.values(other)) {
      for (const v of component.namedVariables().values()) v.value = zeros(v.shape, v.dtype);
    }
    restoreState(other, checkpoint);
    const contents = (s: ReturnType<typeof state>) =>
      Object.values(s).map((c) => [...c.namedVariables()].map(([name, v]) => [name, v.value]));
    expect(contents(other)).toEqual(contents(state()));
    expect(componentTensors(checkpoint, 'model').get('layers.0.weight')).toEqual(array([1.5, -2, 3]));
    expect([...componentTensors(checkpoint, 'optimizer').keys()].sort()).toEqual(['step', 'sums.0']);
  });

  it('is a plain safetensors file', async () => {
    await writeCheckpoint(path('b'), state(), info);
    const { tensors, metadata } = await readSafetensors(path('b'));
    expect(tensors.get('optimizer/step')?.item()).toBe(7);
    expect(metadata.step).toBe('12');
    expect(metadata.cursor).toBe('{"epoch":1,"index":32}');
  });

  it('holds a variable of two paths once', async () => {
    const shared = state();
    const alias = { namedVariables: () => new Map([['again', shared.model.at('bias')]]) };
    await writeCheckpoint(path('c'), { ...shared, alias }, info);
    const checkpoint = await readCheckpoint(path('c'));
    expect([...checkpoint.tensors.keys()].filter((name) => name.startsWith('alias'))).toEqual([]);
    restoreState({ ...shared, alias }, checkpoint);
  });

  it('is not aliased by the variables that it restored', async () => {
    await writeCheckpoint(path('d'), state(), info);
    const checkpoint = await readCheckpoint(path('d'));
    const restored = state();
    restoreState(restored, checkpoint);
    (restored.model.at('layers.0.weight').value.data as Float32Array)[0] = 99;
    expect(checkpoint.tensors.get('model/layers.0.weight')?.data[0]).toBe(1.5);
  });
});

describe('damage', () => {
  it('of any one byte, or at any length, is noticed', async () => {
    await writeCheckpoint(path('e'), state(), info);
    const whole = await readFile(path('e'));
    decodeCheckpoint('e', Uint8Array.from(whole));
    const outcome = (bytes: Uint8Array) => {
      try {
        decodeCheckpoint('e', bytes);
        return 'accepted';
      } catch (error) {
        return error instanceof InputError && !error.message.includes('\n') ? 'refused' : String(error);
      }
    };
    for (let i = 0; i < whole.length; i++) {
      const bytes = Uint8Array.from(whole);
      bytes[i]! ^= 1 << (i % 8);
      expect(outcome(bytes), `bit of byte ${i}`).toBe('refused');
      expect(outcome(Uint8Array.from(whole.subarray(0, i))), `first ${i} bytes`).toBe('refused');
    }
    expect(outcome(Uint8Array.from([...whole, 0])), 'a byte more').toBe('refused');
  });

  it('is told with the path', async () => {
    await writeFile(path('f'), 'hello');
    await expect(readCheckpoint(path('f'))).rejects.toThrow(
      new InputError(`${path('f')}: it is not a checkpoint of a training, or its beginning is damaged`),
    );
  });
});

describe('restoreState', () => {
  it('refuses what does not fit and changes nothing', async () => {
    await writeCheckpoint(path('g'), state(), info);
    const checkpoint = await readCheckpoint(path('g'));
    const other = {
      model: variables({ 'layers.0.weight': [0, 0, 0], bias: array([5, 6], { dtype: 'float32' }) }),
      optimizer: variables({
        step: array(0, { dtype: 'int32' }),
        'sums.0': zeros([4]),
        'sums.1': zeros([1]),
      }),
    };
    expect(() => restoreState(other, checkpoint)).toThrow(
      new InputError(
        `${path('g')} does not fit this configuration: random/key is in the file only. ` +
          'model/bias is float64 [2] in the file, float32 [2] here. ' +
          'optimizer/sums.0 is float32 [3] in the file, float32 [4] here. And 1 more',
      ),
    );
    expect([...other.model.at('layers.0.weight').value.data]).toEqual([0, 0, 0]);
  });
});
