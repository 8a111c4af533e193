import { expect, it } from 'vitest';
import { array } from '../ndarray.js';
import { reciprocal } from '../ops/functions.js';
import { concat } from '../ops/slicing.js';
import { apply, constant, type Op } from '../tensor.js';
import { evaluate } from '../testing.js';

it('keeps constants of 0 and -0 apart', async () => {
  const y = await evaluate(() => concat([0, -0].map((v) => reciprocal(constant(array([v]))))));
  expect([...y.data]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
});

it('keeps operations of one name apart', async () => {
  const named = (operator: string): Op => ({
    name: 'mine',
    infer: ([x]) => [x!],
    vjp: null,
    lower: (l, node) => l.node(operator, l.inputs(node)),
  });
  const y = await evaluate(
    (x) => concat([apply(named('Neg'), [x], {}), apply(named('Abs'), [x], {})]),
    array([2]),
  );
  expect([...y.data]).toEqual([-2, 2]);
});
