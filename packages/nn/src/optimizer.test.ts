import {
  add,
  array,
  grad,
  matmul,
  mean,
  mul,
  program,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  Variable,
} from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { Linear } from './linear.js';
import { Parameter, Sequential } from './module.js';
import { Adam, AdamW, type Optimizer, RMSprop, SGD } from './optimizer.js';
import { cosineDecay } from './schedule.js';

const float64 = (values: number[][] | number[]) => array(values, { dtype: 'float64' });

/** One layer and one batch, on which PyTorch's optimisers ran for the values below. */
function problem() {
  const weight = new Parameter(
    float64([
      [0.5, -0.3, 0.8],
      [-0.2, 0.7, 0.1],
    ]),
  );
  const bias = new Parameter(float64([0.1, -0.2, 0.3]));
  const parameters = [weight, bias];
  const loss = (): Tensor => {
    const x = float64([
      [1, 2],
      [-0.5, 0.3],
      [0.7, -1.2],
      [0.2, 0.9],
    ]);
    const y = float64([
      [0.3, -0.6, 0.9],
      [0.1, 0.2, -0.4],
      [-0.8, 0.5, 0.6],
      [0.7, 0, -0.1],
    ]);
    return mean(square(sub(tanh(add(matmul(x, weight), bias)), y)));
  };
  const values = () => parameters.flatMap((p) => [...(p.value.data as Float64Array)]);
  return { parameters, loss, values };
}

function stepOf({ parameters, loss }: ReturnType<typeof problem>, optimizer: Optimizer) {
  return program(() => {
    const value = loss();
    optimizer.update(grad(value, parameters));
    return value;
  });
}

describe('six steps agree with PyTorch', () => {
  it.each<[string, (p: Parameter[]) => Optimizer, number[]]>([
    [
      'SGD',
      (p) => new SGD(p, { learningRate: 0.5 }),
      [
        0.1514901071, -0.3486352243, 0.8325801304, 0.3800148848, -0.0676820778, -0.031842216, -0.0433012298,
        -0.0465919213, 0.0534341743,
      ],
    ],
    [
      'SGD with momentum and decay',
      (p) => new SGD(p, { learningRate: 0.2, momentum: 0.9, weightDecay: 0.1 }),
      [
        -0.0360136207, -0.3535526528, 0.6037691171, 0.653890886, -0.508545341, -0.086122903, -0.0525330907,
        -0.1204243067, -0.0928622996,
      ],
    ],
    [
      'SGD, Nesterov',
      (p) => new SGD(p, { learningRate: 0.2, momentum: 0.9, nesterov: true }),
      [
        0.0205670583, -0.4207260809, 0.8574582135, 0.6966763006, -0.4203983342, -0.0860355288, -0.0832246217,
        -0.0391036583, -0.0670575353,
      ],
    ],
    [
      'RMSprop',
      (p) => new RMSprop(p, { learningRate: 0.05 }),
      [
        -0.418651072, -0.1533604239, 1.2284371223, 0.4915097127, -0.3145849072, -0.047515637, -0.0332677555,
        0.2620344935, -0.1381403047,
      ],
    ],
    [
      'RMSprop with everything',
      (p) =>
        new RMSprop(p, {
          learningRate: 0.02,
          decay: 0.9,
          eps: 1e-3,
          momentum: 0.8,
          centered: true,
          weightDecay: 0.1,
        }),
      [
        -0.1942446605, -0.6780776399, 0.5410219831, 0.438099645, 0.0901742369, 0.0049989748, -0.1427386157,
        -0.3623854513, -0.0333546026,
      ],
    ],
    [
      'Adam',
      (p) => new Adam(p, { learningRate: 0.1 }),
      [
        -0.0928878655, -0.8079537633, 1.2614169593, 0.3771687196, 0.1641801485, -0.1368746402, -0.130006547,
        -0.4463066381, -0.1387370615,
      ],
    ],
    [
      'Adam with everything',
      (p) => new Adam(p, { learningRate: 0.1, betas: [0.5, 0.9], eps: 1e-2, weightDecay: 0.1 }),
      [
        -0.0210359869, -0.4924678411, 0.5884906835, 0.3155475315, 0.1864728265, 0.0475579042, -0.0667173771,
        -0.1779696877, 0.0158934171,
      ],
    ],
    [
      'Adam, β₁ = 0',
      (p) => new Adam(p, { learningRate: 0.1, betas: [0, 0.99] }),
      [
        -0.0472965086, -0.6482480535, 0.9910536424, 0.2971345464, 0.2388045457, -0.0476803445, -0.0332783084,
        -0.1653111485, -0.0297849169,
      ],
    ],
    [
      'AdamW',
      (p) => new AdamW(p, { learningRate: 0.1, weightDecay: 0.2 }),
      [
        -0.1185747514, -0.7284296406, 1.1986439994, 0.3715546925, 0.1089867064, -0.1082144033, -0.1286911234,
        -0.3748356956, -0.1368695093,
      ],
    ],
    [
      'Adam on a schedule',
      (p) => new Adam(p, { learningRate: cosineDecay(0.1, 8, 0.01) }),
      [
        0.0524427036, -0.7157980659, 1.1395642598, 0.2380982962, 0.2767944258, -0.1625489928, -0.0335587098,
        -0.4780726864, -0.0720664514,
      ],
    ],
  ])('%s', async (_, make, expected) => {
    const task = problem();
    const step = stepOf(task, make(task.parameters));
    for (let i = 0; i < 6; i++) await step();
    // Scalars of the update (rate, bias corrections) are float32.
    for (const [i, v] of task.values().entries()) expect(v).toBeCloseTo(expected[i]!, 6);
    await step.release();
  });
});

describe('Optimizer', () => {
  it('continues exactly from its saved state', async () => {
    const unbroken = problem();
    const adam = new Adam(unbroken.parameters);
    const first = stepOf(unbroken, adam);
    for (let i = 0; i < 3; i++) await first();
    const saved = adam.stateDict();
    const parameters = unbroken.parameters.map((p) => p.value.copy());
    for (let i = 0; i < 3; i++) await first();

    const resumed = problem();
    for (const [i, p] of resumed.parameters.entries()) p.value = parameters[i]!;
    const again = new Adam(resumed.parameters);
    again.loadStateDict(saved);
    expect(again.step.value.item()).toBe(3);
    const second = stepOf(resumed, again);
    for (let i = 0; i < 3; i++) await second();
    expect(resumed.values()).toEqual(unbroken.values());
  });

  it('names its state', () => {
    const { parameters } = problem();
    const state = new Adam(parameters).stateDict();
    expect([...state.keys()]).toEqual(['step', 'sums.0', 'sums.1', 'squares.0', 'squares.1']);
  });

  it("names its state after the parameters' paths, which do not change when a layer is inserted", () => {
    const model = new Sequential(new Linear(2, 2), new Linear(2, 1, { bias: false }));
    expect([...new SGD(model.parameters(), { momentum: 0.9 }).stateDict().keys()]).toEqual([
      'step',
      'velocity.0.weight',
      'velocity.0.bias',
      'velocity.1.weight',
    ]);
    const two = [model, new Sequential(new Linear(1, 1, { bias: false }))];
    const adam = new SGD(
      two.flatMap((m) => m.parameters()),
      { momentum: 0.9 },
    );
    expect([...adam.stateDict().keys()].slice(1)).toEqual([
      'velocity.0.weight',
      'velocity.0.bias',
      'velocity.1.weight',
      'velocity.0.weight.2',
    ]);
  });

  it('minimises a loss by its own parameters, in whatever order they were given', async () => {
    const [a, b] = [new Parameter(array([1, 2])), new Parameter(array([3, 4]))];
    const sgd = new SGD([b, a], { learningRate: 1 });
    await program(() => {
      sgd.minimize(add(sum(a), mul(sum(b), 2)));
      return {};
    })();
    expect([...a.value.data]).toEqual([0, 1]);
    expect([...b.value.data]).toEqual([1, 2]);
  });

  it('gives groups rates and decays of their own', async () => {
    const fresh = () => [new Parameter(array(1)), new Parameter(array(1)), new Parameter(array(1))] as const;
    const after = async (optimizer: Optimizer, parameters: readonly Parameter[]) => {
      const step = program(() => {
        optimizer.minimize(parameters.map((p) => mul(p, 2)).reduce((s, p) => add(s, p)));
        return {};
      });
      await step();
      await step();
      await step.release();
      return parameters.map((p) => p.value.item());
    };
    const grouped = fresh();
    const [first, second, third] = grouped;
    const result = await after(
      new AdamW(
        [
          { parameters: [first], weightDecay: 0 },
          { parameters: [third], learningRate: 0.5 },
          { parameters: [second] },
        ],
        { learningRate: 0.1, weightDecay: 0.2 },
      ),
      grouped,
    );
    for (const [i, options] of [
      { learningRate: 0.1, weightDecay: 0 },
      { learningRate: 0.1, weightDecay: 0.2 },
      { learningRate: 0.5, weightDecay: 0.2 },
    ].entries()) {
      const alone = [new Parameter(array(1))];
      expect([result[i]]).toEqual(await after(new AdamW(alone, options), alone));
    }
    expect(() => new SGD([{ parameters: [first] }, { parameters: [second, first] }])).toThrow(
      /SGD: parameter 0 is given twice/,
    );
  });

  it('takes its rate from a variable that the host sets', async () => {
    const task = problem();
    const rate = new Variable(array(0));
    const step = stepOf(task, new SGD(task.parameters, { learningRate: rate }));
    const before = task.values();
    await step();
    expect(task.values()).toEqual(before);
    rate.value = array(0.5);
    await step();
    expect(task.values()).not.toEqual(before);
  });

  it('refuses gradients that do not match', async () => {
    const { parameters, loss } = problem();
    const sgd = new SGD(parameters);
    const fewer = program(() => sgd.update(grad(loss(), [parameters[0]!])));
    await expect(fewer()).rejects.toThrow(/update: 1 gradients for 2 parameters/);
    const swapped = program(() => sgd.update(grad(loss(), [...parameters].reverse())));
    await expect(swapped()).rejects.toThrow(/update: parameter 0 has shape \[2, 3\], its gradient \[3\]/);
  });
});
