import {
  add,
  array,
  grad,
  mul,
  NDArray,
  program,
  sum,
  type Tensor,
  type TensorLike,
  tanh,
  Variable,
  zeros,
} from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { Embedding } from './embedding.js';
import { Linear } from './linear.js';
import { Module, Parameter, Sequential } from './module.js';
import { BatchNorm1d } from './normalization.js';
import { SGD } from './optimizer.js';

class Scale extends Module {
  readonly weight: Parameter;
  readonly count = new Variable(zeros([], 'int32'));

  constructor(value: number) {
    super();
    this.weight = new Parameter(array([value, value]));
  }

  forward(x: TensorLike): Tensor {
    return mul(x, this.weight);
  }
}

class Model extends Module {
  readonly stages = [new Scale(1), new Scale(2)];
  readonly heads = { left: new Scale(3), right: { deep: new Parameter(array([4])) } };
  readonly tied = this.stages[0]!.weight;
  readonly owner = this;
  readonly label = 'not state';
  readonly table = array([1, 2]);
}

describe('Module', () => {
  it('finds variables by the paths of their fields', () => {
    expect([...new Model().namedVariables().keys()]).toEqual([
      'stages.0.weight',
      'stages.0.count',
      'stages.1.weight',
      'stages.1.count',
      'heads.left.weight',
      'heads.left.count',
      'heads.right.deep',
      'tied',
    ]);
  });

  it('counts a shared parameter once, and buffers not at all', () => {
    const model = new Model();
    expect([...model.namedParameters().keys()]).toEqual([
      'stages.0.weight',
      'stages.1.weight',
      'heads.left.weight',
      'heads.right.deep',
    ]);
    expect(model.parameters()).toHaveLength(4);
    expect(model.numParameters).toBe(7);
  });

  it('names variables by their path in the largest module that was asked', () => {
    const model = new Model();
    const { weight } = model.stages[1]!;
    expect(weight.name).toBe('');
    model.stages[1]!.parameters();
    expect(weight.name).toBe('weight');
    model.parameters();
    expect(weight.name).toBe('stages.1.weight');
    model.stages[1]!.parameters();
    expect(weight.name).toBe('stages.1.weight');
    expect(model.tied.name).toBe('stages.0.weight');
  });

  it('infers within a call of eval only, in every part', () => {
    const model = new Model();
    const modes = (m: Module) => m.modules().map((part) => part.training);
    expect(model.eval(modes)).toEqual([false, false, false, false]);
    expect(modes(model)).toEqual([true, true, true, true]);
    const [stage] = model.stages;
    expect(model.eval(() => stage!.train(() => modes(model)))).toEqual([false, true, false, false]);
    const failing = () => {
      throw new Error('in the middle');
    };
    expect(() => model.eval(failing)).toThrow('in the middle');
    expect(model.training).toBe(true);
    expect(() => model.eval(async () => 1)).toThrow(/eval: got a promise: call it inside the function/);
  });

  it('trains in a program recorded after one that infers', async () => {
    const norm = new BatchNorm1d(1);
    const step = program((x: Tensor) => norm.forward(x));
    const measure = program((x: Tensor) => norm.eval((m) => m.forward(x)));
    await step(array([[1], [3]]));
    await measure(array([[1], [3]]));
    const before = norm.running_mean!.value.item();
    await step(array([[5], [6], [7]]));
    expect(norm.running_mean!.value.item()).not.toBe(before);
  });
});

describe('Sequential', () => {
  it('applies layers and functions in turn, and names parameters by position', async () => {
    const layers = new Sequential(new Scale(2), tanh, (x) => add(x, 1), new Scale(10));
    expect([...layers.namedParameters().keys()]).toEqual(['0.weight', '3.weight']);
    const y = await program((x: Tensor) => layers.forward(x))(array([0, 0.25]));
    expect(y.data[0]).toBeCloseTo(10, 6);
    expect(y.data[1]).toBeCloseTo(10 * (1 + Math.tanh(0.5)), 5);
  });
});

describe('state dictionaries', () => {
  it('go round: what one model saves another loads', () => {
    const saved = new Model();
    saved.stages[0]!.weight.value = array([7, 8]);
    const state = saved.stateDict();
    const loaded = new Model();
    expect(loaded.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
    expect([...loaded.stages[0]!.weight.value.data]).toEqual([7, 8]);
    expect(loaded.tied).toBe(loaded.stages[0]!.weight);
  });

  it('are copies, both saved and loaded', () => {
    const model = new Model();
    const state = model.stateDict();
    model.loadStateDict(state);
    (state.get('heads.right.deep')!.data as Float32Array)[0] = 99;
    expect(model.heads.right.deep.value.item()).toBe(4);
  });

  it('convert double precision and integers', () => {
    const scale = new Scale(1);
    scale.loadStateDict(
      new Map<string, NDArray>([
        ['weight', array([0.5, 0.25], { dtype: 'float64' })],
        ['count', array(5, { dtype: 'int64' })],
      ]),
    );
    expect([...scale.weight.value.data]).toEqual([0.5, 0.25]);
    expect([scale.count.value.dtype, scale.count.value.item()]).toEqual(['int32', 5]);
  });

  it('load a shared variable from any of its paths', () => {
    const model = new Model();
    const state = model.stateDict();
    state.delete('stages.0.weight');
    state.set('tied', array([5, 6]));
    model.loadStateDict(state);
    expect([...model.stages[0]!.weight.value.data]).toEqual([5, 6]);
  });

  it('say what is missing, unexpected or does not fit, and then change nothing', () => {
    const scale = new Scale(1);
    const wrong = new Map<string, NDArray>([
      ['weight', array([1, 2, 3])],
      ['bias', array([1])],
    ]);
    expect(() => scale.loadStateDict(wrong)).toThrow(
      'loadStateDict: missing: count; unexpected: bias; do not fit: weight is float32 [3], expected float32 [2]',
    );
    expect(() => scale.loadStateDict(wrong, { strict: false })).toThrow(/loadStateDict: do not fit: weight/);
    const half = new NDArray(new Uint16Array(2), [2], 'float16');
    expect(() => scale.loadStateDict(new Map([['weight', half]]), { strict: false })).toThrow(
      /weight is float16 \[2\], expected float32 \[2\]/,
    );
    expect([...scale.weight.value.data]).toEqual([1, 1]);
  });

  it('name three keys of many', () => {
    const wrong = new Map(['weight', 'count', 'a', 'b', 'c', 'd', 'e'].map((key) => [key, array([1, 2])]));
    expect(() => new Scale(1).loadStateDict(wrong)).toThrow(/unexpected: a, b, c and 2 more;/);
  });

  it('need not match when not strict', () => {
    const scale = new Scale(1);
    const state = new Map([
      ['weight', array([1, 2])],
      ['bias', array([1])],
    ]);
    expect(scale.loadStateDict(state, { strict: false })).toEqual({
      missing: ['count'],
      unexpected: ['bias'],
    });
    expect([...scale.weight.value.data]).toEqual([1, 2]);
  });
});

describe('tied weights', () => {
  class Tied extends Module {
    readonly embedding = new Embedding(3, 2);
    readonly output = new Linear(2, 3, { bias: false });

    constructor() {
      super();
      this.output.weight = this.embedding.weight;
    }

    forward(ids: TensorLike): Tensor {
      return this.output.forward(this.embedding.forward(ids));
    }
  }

  it('are one parameter, whose gradient is the sum over its uses', async () => {
    const model = new Tied();
    expect([...model.namedParameters().keys()]).toEqual(['embedding.weight']);
    expect([...model.stateDict().keys()]).toEqual(['embedding.weight', 'output.weight']);
    const [weight] = model.parameters();
    weight!.value = array([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const step = program((ids: Tensor) => {
      const gradients = grad(sum(model.forward(ids)), model.parameters());
      new SGD(model.parameters(), { learningRate: 1 }).update(gradients);
      return gradients[0]!;
    });
    // Σⱼ w₀·wⱼ by w: every row gets w₀, and row 0 the sum of all rows besides.
    const gradient = await step(array([0], { dtype: 'int32' }));
    expect([...gradient.data]).toEqual([1 + 9, 2 + 12, 1, 2, 1, 2]);
    expect([...weight!.value.data]).toEqual([-9, -12, 2, 2, 4, 4]);
  });
});
