import { expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { array } from '../ndarray.js';
import { program } from '../program.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, randomArray } from '../testing.js';
import { Variable } from '../variable.js';
import { checkpoint } from './checkpoint.js';
import { add, mul, sub } from './elementwise.js';
import { square, tanh } from './functions.js';
import { matmul } from './linalg.js';
import { mean, sum } from './reduce.js';

const layer = (x: Tensor, w: Tensor) => tanh(matmul(tanh(matmul(x, w)), w));

it('recomputes: same gradients, of both orders', async () => {
  await checkGradients(
    (x, w) => square(checkpoint((t) => layer(t, w), x)),
    [randomArray([2, 3], { seed: 1 }), randomArray([3, 3], { seed: 2 })],
    { second: true },
  );
});

it('uses the values that variables had when it was called', async () => {
  const w = new Variable(array([[2]], { dtype: 'float64' }));
  const f = program((x: Tensor) => {
    const loss = sum(checkpoint((t) => square(matmul(t, w)), x));
    w.assign([[100]]);
    return grad(loss, x);
  });
  expect((await f(array([[3]], { dtype: 'float64' }))).data[0]).toBe(24);
});

it('carries out what is assigned inside, once', async () => {
  const average = new Variable(array(1));
  const count = new Variable(array(0, { dtype: 'int32' }));
  const centred = (t: Tensor) => {
    average.assign(add(average, mean(t)));
    count.assign(add(count, 1));
    return mul(sub(t, mean(t)), t);
  };
  const f = (wrap: (x: Tensor) => Tensor) => program((x: Tensor) => grad(sum(square(wrap(x))), x));
  const x = array([1, 2, 6]);
  const plain = await f(centred)(x);
  expect([average.value.item(), count.value.item()]).toEqual([4, 1]);
  const recomputed = await f((t) => checkpoint(centred, t))(x);
  expect([average.value.item(), count.value.item()]).toEqual([7, 2]);
  expect([...recomputed.data]).toEqual([...plain.data]);
});

it('takes and gives structures', async () => {
  const f = program((x: Tensor) => {
    const { a, b } = checkpoint(({ t }) => ({ a: square(t), b: [mul(t, 3)] }), { t: x });
    return grad(sum(mul(a, b[0]!)), x);
  });
  expect([...(await f(array([1, 2]))).data]).toEqual([9, 36]);
});
