import { inspect } from 'node:util';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { grad } from './autodiff.js';
import { array, type DType, NDArray, zeros } from './ndarray.js';
import { add, mul, sub } from './ops/elementwise.js';
import { cast, square } from './ops/functions.js';
import { gather } from './ops/indexing.js';
import { matmul } from './ops/linalg.js';
import { mean } from './ops/reduce.js';
import { type Program, type ProgramOptions, program } from './program.js';
import { createRuntime } from './runtime/default.js';
import type { Runtime } from './runtime/runtime.js';
import { scope } from './scope.js';
import type { Tensor } from './tensor.js';
import { Variable } from './variable.js';

/** A CPU runtime that counts its sessions. */
function countingRuntime() {
  const cpu = createRuntime({ threads: 1 });
  const count = { created: 0, released: 0 };
  const runtime: Runtime = {
    ...cpu,
    createSession: async (model, name) => {
      const session = await cpu.createSession(model, name);
      count.created++;
      return {
        run: (feeds, outputs) => session.run(feeds, outputs),
        release: async () => {
          count.released++;
          await session.release();
        },
      };
    },
  };
  return { runtime, count };
}

const vector = (...values: number[]) => array(values);
const numbers = (a: NDArray) => Array.from(a.data as Float32Array);
const scalar = (value: number) => new Variable(array(value));

it('a tensor prints as one line in Node', async () => {
  let printed = '';
  const f = program((x: Tensor) => {
    const y = add(x, 1);
    printed = inspect({ y });
    return y;
  });
  await f(zeros([2, 3]));
  expect(printed).toBe('{ y: Tensor(float32, [2, 3], add) }');
});

describe('signatures', () => {
  it('a list of numbers is a list of scalars; taking it for a tensor tells what to write', async () => {
    const pair = program(([a, b]: readonly Tensor[]) => sub(a!, b!));
    expect((await pair([5, 3])).item()).toBe(2);
    const f = program((x: Tensor) => mul(x, x));
    await expect(f([1, 2] as never)).rejects.toThrow(
      /^array: expected numbers or nested lists of numbers, found Tensor; give a program array\(\[1, 2\]\) for \[1, 2\]/,
    );
  });
  it('compiles once for each set of shapes and dtypes', async () => {
    const { runtime, count } = countingRuntime();
    let traced = 0;
    const f = program(
      (x: Tensor) => {
        traced++;
        return add(x, x);
      },
      { runtime },
    );
    expect(numbers(await f(vector(1, 2)))).toEqual([2, 4]);
    expect(numbers(await f(vector(3, 4)))).toEqual([6, 8]);
    expect(count.created).toBe(1);
    await f(vector(1, 2, 3));
    await f(array([1, 2], { dtype: 'float64' }));
    expect(count.created).toBe(3);
    expect(traced).toBe(3);
  });
  it('compiles once for simultaneous first runs', async () => {
    const { runtime, count } = countingRuntime();
    const f = program((x: Tensor) => square(x), { runtime });
    const results = await Promise.all([f(2), f(3), f(4)]);
    expect(results.map((r) => r.item())).toEqual([4, 9, 16]);
    expect(count.created).toBe(1);
  });
  it('serves all sizes of declared dimensions with one session', async () => {
    const { runtime, count } = countingRuntime();
    const f = program((x: Tensor, w: Tensor) => mean(matmul(x, w), { axes: 0 }), {
      runtime,
      inputs: [{ shape: ['N', 'K'] }, { shape: ['K', 2] }],
    });
    await f.compile();
    for (const [n, k] of [
      [1, 3],
      [4, 2],
      [7, 5],
    ] as const) {
      const ones = (a: NDArray<'float32'>) => new NDArray(a.data.fill(1), a.shape, 'float32');
      expect(numbers(await f(ones(zeros([n, k])), ones(zeros([k, 2]))))).toEqual([k, k]);
    }
    expect(count.created).toBe(1);
  });
  it('compiles anew after release', async () => {
    const { runtime, count } = countingRuntime();
    const f = program((x: Tensor) => square(x), { runtime });
    const running = f(3);
    await f.release();
    expect((await running).item()).toBe(9);
    expect(count).toEqual({ created: 1, released: 1 });
    expect((await f(4)).item()).toBe(16);
    expect(count.created).toBe(2);
  });
});

describe('structures', () => {
  it('nests inputs and outputs alike', async () => {
    const f = program(({ a, list }: { a: Tensor; list: [Tensor, { b: Tensor }] }, s: Tensor) => {
      const total = add(a, list[0]);
      return { total, parts: [mul(list[1].b, s), { same: total }] as const, none: [] };
    });
    const result = await f({ a: vector(1, 2), list: [vector(3, 4), { b: vector(5, 6) }] }, 10);
    expect(numbers(result.total)).toEqual([4, 6]);
    expect(numbers(result.parts[0])).toEqual([50, 60]);
    expect(result.parts[1].same).toBe(result.total);
    expect(result.none).toEqual([]);
    expectTypeOf(result.parts[1].same).toEqualTypeOf<NDArray>();
  });
  it('takes keys in any order', async () => {
    const f = program(({ a, b }: { a: Tensor; b: Tensor }) => sub(a, b), {
      inputs: [{ a: { shape: [] }, b: { shape: [] } }],
    });
    expect((await f({ a: 5, b: 3 })).item()).toBe(2);
    expect((await f({ b: 3, a: 5 })).item()).toBe(2);
  });
  it('keeps apart what has the same name in several places', async () => {
    const state = new Variable(vector(100));
    state.name = 'x';
    const f = program((p: { x: Tensor }, q: { x: Tensor; state: { x: Tensor } }) => ({
      x: add(p.x, q.x),
      state: { x: add(q.state.x, state) },
    }));
    const { x, state: s } = await f({ x: vector(1) }, { x: vector(10), state: { x: vector(1000) } });
    expect([...numbers(x), ...numbers(s.x)]).toEqual([11, 1100]);
  });
  it('takes scalars as numbers, of the declared dtype', async () => {
    const f = program((i: Tensor, x: Tensor) => ({ i, y: mul(cast(i, 'float64'), x) }), {
      inputs: [
        { shape: [], dtype: 'int32' },
        { shape: [], dtype: 'float64' },
      ],
    });
    const { i, y } = await f(3, 0.1);
    expect([i.dtype, i.item(), y.dtype, y.item()]).toEqual(['int32', 3, 'float64', 3 * 0.1]);
  });
  it.each<DType>(['float32', 'float64', 'int64', 'int32', 'int8', 'uint8', 'bool'])(
    'carries %s in and out',
    async (dtype) => {
      const x = array([0, 1, 1], { dtype });
      const y = await program((t: Tensor) => t)(x);
      expect([y.dtype, y.shape, [...y.data].map(Number)]).toEqual([dtype, [3], [0, 1, 1]]);
    },
  );

  it('carries float16 as raw patterns, in state too', async () => {
    const half = new NDArray(Uint16Array.of(0x3c00, 0x4000, 0xc200), [3], 'float16');
    const v = new Variable(half);
    const f = program((x: Tensor) => {
      v.assign(mul(v, x));
      return { same: x, single: cast(x, 'float32') };
    });
    for (const expected of [
      [0x3c00, 0x4400, 0x4880],
      [0x3c00, 0x4800, 0xcec0],
    ]) {
      const { same, single } = await f(half);
      expect(numbers(single)).toEqual([1, 2, -3]);
      expect(same.data).toEqual(half.data);
      expect(v.value.data).toEqual(Uint16Array.from(expected));
    }
  });
});

describe('state', () => {
  it('is read, assigned, and read again within a run', async () => {
    const n = scalar(5);
    const f = program(() => {
      const before = add(n, 0);
      n.assign(add(n, 1));
      n.assign(mul(n, 10));
      return { before, after: add(n, 0.5) };
    });
    const { before, after } = await f();
    expect([before.item(), after.item(), n.value.item()]).toEqual([5, 60.5, 60]);
  });
  it('alternates between two buffers over many steps', async () => {
    const a = new Variable(vector(0, 1));
    const f = program(() => {
      // The next value needs both elements of this one: writing in place would corrupt it.
      a.assign(matmul(a, constantMatrix));
      return a.toTensor();
    });
    const buffers = new Set<unknown>([a.value.data]);
    const fibonacci = [0, 1];
    for (let i = 0; i < 30; i++) {
      const y = await f();
      fibonacci.push(fibonacci.at(-1)! + fibonacci.at(-2)!);
      expect(numbers(a.value)).toEqual(fibonacci.slice(-2));
      expect(numbers(y)).toEqual(numbers(a.value));
      buffers.add(a.value.data);
    }
    expect(buffers.size).toBe(2);
  });
  it('exchanged between two variables', async () => {
    const a = scalar(1);
    const b = scalar(2);
    const swap = program(() => {
      const [x, y] = [a.toTensor(), b.toTensor()];
      a.assign(y);
      b.assign(x);
      return [];
    });
    await swap();
    expect([a.value.item(), b.value.item()]).toEqual([2, 1]);
    await swap();
    expect([a.value.item(), b.value.item()]).toEqual([1, 2]);
  });
  it('has memory of its own, whatever arrays it is given', async () => {
    const initial = vector(1, 2);
    const [a, b] = [new Variable(initial), new Variable(initial)];
    b.value = initial;
    const f = program(() => {
      a.assign(mul(a, 10));
      return b.toTensor();
    });
    for (let i = 0; i < 3; i++) expect(numbers(await f())).toEqual([1, 2]);
    expect([numbers(initial), numbers(a.value)]).toEqual([
      [1, 2],
      [1000, 2000],
    ]);
  });
  it('shared by programs is seen in the order of the calls', async () => {
    const n = scalar(1);
    const update = (next: () => Tensor) =>
      program(() => {
        n.assign(next());
        return n.toTensor();
      });
    const twice = update(() => mul(n, 2));
    const increment = update(() => add(n, 1));
    const frozen = program(() => mul(n, 100), { freeze: true });
    await increment.compile();
    // `twice` must be compiled first, and yet comes first.
    const results = await Promise.all([twice(), increment(), frozen(), twice(), increment(), frozen()]);
    expect(results.map((r) => r.item())).toEqual([2, 3, 300, 6, 7, 700]);
  });
  it('keeps its value when a run fails, and the next run goes on from it', async () => {
    const { runtime } = countingRuntime();
    let broken = false;
    const unreliable: Runtime = {
      ...runtime,
      createSession: async (model, name) => {
        const session = await runtime.createSession(model, name);
        const run: typeof session.run = async (feeds, outputs) => {
          const results = await session.run(feeds, outputs);
          if (broken) throw new Error('lost device');
          return results;
        };
        return { ...session, run };
      },
    };
    const n = scalar(1);
    const f = program(
      () => {
        n.assign(add(n, 1));
        return n.toTensor();
      },
      { runtime: unreliable },
    );
    await f();
    broken = true;
    await expect(f()).rejects.toThrow('lost device');
    expect(n.value.item()).toBe(2);
    broken = false;
    expect((await f()).item()).toBe(3);
  });
  it('set from outside is what the next run reads, and frozen programs are compiled anew for it', async () => {
    const { runtime, count } = countingRuntime();
    const w = new Variable(vector(1, 2));
    const live = program((x: Tensor) => mul(w, x), { runtime });
    const frozen = program((x: Tensor) => mul(w, x), { runtime, freeze: true });
    for (const f of [live, frozen, live, frozen]) expect(numbers(await f(10))).toEqual([10, 20]);
    w.value = vector(3, 4);
    for (const f of [live, frozen, live, frozen]) expect(numbers(await f(10))).toEqual([30, 40]);
    expect(count).toEqual({ created: 3, released: 1 });
  });
  it('trains a model', async () => {
    const w = new Variable(vector(0, 0));
    const step = program((x: Tensor, y: Tensor) => {
      const loss = mean(square(sub(matmul(x, w), y)));
      w.assign(sub(w, mul(grad(loss, w), 0.1)));
      return loss;
    });
    const x = array([
      [1, 0],
      [0, 1],
      [1, 1],
    ]);
    let loss = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 200; i++) loss = (await step(x, vector(2, -3, -1))).item();
    expect(loss).toBeLessThan(1e-6);
    expect(w.value.data[0]).toBeCloseTo(2, 3);
    expect(w.value.data[1]).toBeCloseTo(-3, 3);
  });
});

const constantMatrix = array([
  [0, 1],
  [1, 1],
]);

describe('errors are one line that names the program and what is wrong', () => {
  const pair = (options: ProgramOptions<[Tensor, Tensor]> = {}) =>
    program((a: Tensor, b: Tensor) => add(a, b), { name: 'pair', ...options });
  const declared = pair({ inputs: [{ shape: ['L'] }, { shape: ['L'] }] });
  const weight = scalar(1);
  weight.name = 'weight';
  const assigning = () => {
    weight.assign(vector(1, 2));
    return [];
  };
  it.each<[string, () => unknown, RegExp]>([
    [
      'dtype',
      () => declared(vector(1), array([1], { dtype: 'int32' })),
      /^pair: input input1 is int32 \[1\], expected float32 \[L\]/,
    ],
    [
      'rank',
      () => declared(vector(1), array([[1]])),
      /^pair: input input1 is float32 \[1, 1\], expected float32 \[L\]/,
    ],
    [
      'sizes of one symbol',
      () => declared(vector(1, 2), vector(1)),
      /^pair: dimension L is 2 in input input0, 1 in input input1/,
    ],
    [
      'missing',
      () => (declared as unknown as (a: NDArray) => unknown)(vector(1)),
      /^pair: input input1 is missing/,
    ],
    [
      'surplus',
      () => (declared as unknown as Program<Tensor[], Tensor>)(vector(1), vector(1), vector(1)),
      /^pair: has no input input2 \(its inputs: input0, input1\)/,
    ],
    [
      'undefined',
      () => declared(vector(1), undefined as never),
      /^pair: input input1 is undefined, expected an NDArray or a number/,
    ],
    [
      'typed array',
      () => declared(vector(1), new Float32Array(1) as never),
      /^pair: input input1 is a Float32Array, expected/,
    ],
    [
      'no result',
      () => program(() => undefined, { name: 'nothing' })(),
      /^nothing: result is undefined, not a tensor/,
    ],
    [
      'a number as result',
      () => program((x: Tensor) => ({ x, n: 1 }), { name: 'n' })(1),
      /^n: result n is a number, not a tensor/,
    ],
    [
      'bad dimension',
      () => pair({ inputs: [{ shape: ['2*L'] }, { shape: [] }] })(vector(1), 1),
      /^pair: input input0: dimension '2\*L' is not a name/,
    ],
    ['shapes', () => pair()(vector(1, 2), vector(1, 2, 3)), /^add: shapes \[2\] and \[3\] do not broadcast/],
    ['assigned shape', () => program(assigning)(), /^assign: weight has shape \[2\], expected \[\]/],
    [
      'frozen',
      () => program(() => weight.assign(add(weight, 1)), { freeze: true })(),
      /^assign: weight is frozen/,
    ],
    [
      'index out of range, seen when it runs',
      () =>
        program((x: Tensor, i: Tensor) => scope('encoder', () => gather(x, i)))(
          vector(1, 2),
          array([5], { dtype: 'int32' }),
        ),
      /^encoder\/gather: indices element out of data bounds, idx=5/,
    ],
    ['variable outside', async () => weight.toTensor(), /used only inside a function given to program/],
    ['undeclared export', async () => pair().export(), /^pair: export needs declared inputs/],
  ])('%s', async (_, run, message) => {
    const error = await Promise.resolve(run()).then(
      () => undefined,
      (e: unknown) => e as Error,
    );
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toContain('\n');
  });
  it('a declaration that is none', () => {
    expect(() => pair({ inputs: [{ shape: [2] }, undefined as never] })).toThrow(
      /^pair: input input1 is declared as undefined, not as \{ shape \}/,
    );
  });
});

describe('memory', () => {
  it('does not grow with the number of runs', async () => {
    const w = new Variable(zeros([128, 128]));
    const step = program((x: Tensor) => {
      w.assign(add(w, x));
      return { mean: mean(w), copy: add(w, 1) };
    });
    const x = zeros([128, 128]);
    const run = async (times: number) => {
      for (let i = 0; i < times; i++) await step(x);
      return process.memoryUsage().rss;
    };
    // 64 KB come out of every run: 3,000 leaked ones would be 200 MB. The collector's slack is some tens.
    const before = await run(1000);
    expect((await run(3000)) - before).toBeLessThan(80e6);
  });
});
