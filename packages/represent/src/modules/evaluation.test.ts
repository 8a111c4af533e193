import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { array } from '@sextant/engine';
import { verifyCase } from '@sextant/system';
import { describe, expect, it } from 'vitest';
import { evaluationModules } from './evaluation.js';

/** Reference cases made with the authors' code, beside the checkout; not part of it. */
const GOLDENS = fileURLToPath(new URL('../../../../../shared/goldens/represent', import.meta.url));
const present = existsSync(GOLDENS);
if (!present) console.warn(`goldens: skipped, there is no ${GOLDENS}`);

const find = (name: string) => evaluationModules[name.replace('represent/', '')]!;

describe.skipIf(!present)('reference cases of evaluation', () => {
  it.each(['knn-5', 'knn-cifar-pixels', 'linear-sgd', 'linear-lbfgs'])(
    '%s',
    async (folder) => {
      const report = await verifyCase(`${GOLDENS}/${folder}`, find);
      expect(report.tensors.length).toBeGreaterThan(0);
      expect(report.tensors.filter((t) => !t.pass)).toEqual([]);
      // 6000 pictures are decoded: on a busy machine that takes longer than other tests may.
    },
    300_000,
  );
});

describe('modules of evaluation', () => {
  const inputs = new Map([
    [
      'x_train',
      array([
        [0, 1],
        [1, 0],
      ]),
    ],
    ['y_train', array([0, 1], { dtype: 'int64' })],
    ['x_test', array([[0, 2]])],
    ['y_test', array([0], { dtype: 'int64' })],
  ]);
  const apply = (name: string, config: unknown, more: [string, ReturnType<typeof array>][] = []) =>
    evaluationModules[name]!.apply({ config, checkpoint: undefined, inputs: new Map([...inputs, ...more]) });

  it.each<[string, string, unknown, [string, ReturnType<typeof array>][], RegExp]>([
    ['an unknown option', 'knn', { k: 5 }, [], /config: .*k/],
    ['more neighbours than there are', 'knn', { knn: 3 }, [], /3 nearest vectors are asked of 2/],
    [
      'a value that is not finite',
      'knn',
      { knn: 1 },
      [['x_test', array([[0, Number.NaN]])]],
      /x_test: row 0/,
    ],
    ['labels of another number', 'knn', {}, [['y_test', array([0, 1])]], /y_test: 2 labels for 1 vectors/],
    ['too few orders', 'linear-sgd', { epoch: 2 }, [['perm', array([[0, 1]])]], /perm: shape \[1, 2\]/],
    [
      'half a start',
      'linear-sgd',
      { epoch: 1 },
      [
        [
          'w0',
          array([
            [0, 1],
            [1, 0],
          ]),
        ],
      ],
      /no input 'b0'/,
    ],
    [
      'a gap among classes',
      'linear-lbfgs',
      {},
      [['y_train', array([0, 2])]],
      /class 1 \(counted from 0\) has no vector/,
    ],
  ])('refuse %s', async (_, name, config, more, message) => {
    await expect(apply(name, config, more)).rejects.toThrow(message);
  });
});
