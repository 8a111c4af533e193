/**
 * @module Whether embeddings collapse when W-MSE's whitening is switched off (section 3 of the paper).
 */
import { program, type Tensor } from '@sextant/engine';
import { type Job, type Part, summary } from '@sextant/experiment';
import { subset } from '@sextant/image';
import type { Metrics } from '@sextant/train';
import { Encoder } from '../encoder.js';
import { labelledVectors } from '../evaluate.js';
import { accuracy, asFeatures, normalized } from '../evaluation/features.js';
import { spectrum, uniformity } from '../evaluation/geometry.js';
import { classifyByNeighbours } from '../evaluation/knn.js';
import type { Method } from '../methods.js';
import { configure } from '../presets.js';
import { cifar10Sets, type Sets, type Settings, trained } from './trained.js';

const EPOCHS = 2;

/** Pictures that vectors are compared on: of the first half for neighbours to be sought among, all of the second. */
const BASE = 10_000;

function settingsOf(whitening: boolean, budget: number): Settings {
  const epochs = Math.max(1, Math.round(EPOCHS * budget));
  const { seed: _, ...config } = configure({ preset: 'small', method: 'w-mse-2', epochs });
  const loss = whitening ? config.loss : ({ method: 'mse', norm: true } as const);
  return { ...config, loss, validateEpochs: 1 };
}

export const collapse: Part = {
  title: 'CIFAR-10: embeddings with whitening and without it',
  jobs({ data, budget }) {
    const sets = cifar10Sets(data);
    return [true, false].map((whitening): Job => {
      const row = whitening ? 'W-MSE 2' : 'the same without whitening';
      const settings = settingsOf(whitening, budget);
      return {
        row,
        seed: 0,
        settings: { ...settings, base: BASE },
        run: async (context) => {
          const logs = await trained(sets, row, settings, context, (method) => measure(sets, method));
          if (!logs) return undefined;
          const last = logs.metrics.filter(({ rank }) => rank !== undefined).at(-1)!;
          return {
            'loss ↓': Number(logs.metrics.filter(({ loss }) => loss !== undefined).at(-1)!.loss),
            'effective rank': Number(last.rank),
            'share of the largest %': Number(last.largest),
            uniformity: Number(last.uniformity),
            '5-NN %': Number(last.knn),
            'train s': logs.seconds,
          };
        },
      };
    });
  },
  report: (measured) => ({
    rows: summary(measured, { 'effective rank': 1, 'share of the largest %': 1, '5-NN %': 2, 'train s': 0 }),
    notes: [
      'Embeddings of the 10,000 test pictures, each of length 1. Effective rank: exp of the entropy of the shares of their singular ' +
        'values about 0; 64 where all directions are filled alike, 1 where all pictures have one embedding. Largest: its share in ' +
        'the sum of squares. Uniformity: log of the mean of exp(-2 d²) over pairs; 0 where all have one. 5-NN: of the encoder, ' +
        'among 10,000 pictures.',
    ],
  }),
};

/** The geometry of embeddings, and what neighbours among the encoder's vectors tell. */
async function measure(sets: Sets, method: Method): Promise<Metrics> {
  const { train, test } = await sets();
  const settings = settingsOf(true, 1);
  const encoder = new Encoder(settings, method.model);
  const head = program((x: Tensor) => method.eval((m) => m.head.forward(x)), {
    name: 'head',
    inputs: [{ shape: ['N', method.model.outFeatures] }],
  });
  try {
    const known = await labelledVectors(encoder, subset(train.set, spread(train.set.length, BASE)));
    const asked = await labelledVectors(encoder, test.set);
    const embeddings = normalized(asFeatures('embeddings', await head(asked.features)));
    const { effectiveRank, singularValues } = await spectrum(embeddings, { centred: false });
    const squares = singularValues.map((v) => v * v);
    const { predictions } = await classifyByNeighbours(known, asked.features);
    return {
      rank: effectiveRank,
      largest: (100 * squares[0]!) / squares.reduce((a, b) => a + b),
      uniformity: await uniformity(embeddings),
      knn: 100 * accuracy(predictions, asked.labels),
    };
  } finally {
    await head.release();
    await encoder.release();
  }
}

/** So many rows of a set, spread over it: it is ordered by classes. */
const spread = (rows: number, count: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
