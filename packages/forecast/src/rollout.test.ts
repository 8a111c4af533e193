import { Generator, NDArray, program } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from './config.js';
import type { Network } from './model.js';
import { newNetwork, type SampleInputs } from './networks.js';
import type { PatternConfig } from './patterns.js';

const [BATCH, SAMPLES, HORIZON] = [2, 3, 6];

const configOf = (mask: PatternConfig, history: number) =>
  ({
    network: {
      model: 'transformer',
      dEmbed: 3,
      nLayers: 2,
      nHeads: 2,
      headDim: 5,
      kernelSize: 3,
      scale: true,
      dropout: 0.5,
      mask,
      skip: true,
      decoding: 'autoregressive',
      head: 'gaussian',
      sigmaFloor: 0,
      seriesEmbedding: true,
    },
    frequency: { unit: 'index', count: 1 },
    history,
    horizon: HORIZON,
    scale: 'mean_plus_one',
    features: ['age', 'lag2', 'lag8'].map((name) => ({ name, mean: 0, std: 1 })),
    season: 0,
    series: ['a', 'b'],
  }) satisfies ModelConfig;

const random = new Generator(2);

/** A network whose every parameter counts. */
function network(config: ModelConfig) {
  manualSeed(1);
  const made = newNetwork(config);
  for (const p of made.module.parameters()) p.value = random.normalArray(p.value.shape, 0, 0.4);
  return made;
}

const inputsOf = (history: number) => ({
  history: random.normalArray([BATCH, history]),
  known: new NDArray(new Float32Array(BATCH * history).fill(1), [BATCH, history], 'float32'),
  covariates: random.normalArray([BATCH, history, 3]),
  future: random.normalArray([BATCH, HORIZON, 3]),
  series: new NDArray(Int32Array.of(1, 0), [BATCH], 'int32'),
  noise: random.normalArray([BATCH, SAMPLES, HORIZON, 1]),
});

describe.each<[PatternConfig, number]>([
  [{ pattern: 'full' }, 9],
  [{ pattern: 'logsparse' }, 9],
  // From the last step no offset reaches back to the history.
  [{ pattern: 'logsparse' }, 2],
  [{ pattern: 'logsparse', local: 2, restart: 4 }, 9],
  [{ pattern: 'authors', sub_len: 4 }, 9],
])('rollout %j after a history of %i', (mask, history) => {
  const inputs = inputsOf(history);
  it('draws what the whole network gives when it is run anew for every step', async () => {
    const { module, sample } = network(configOf(mask, history));
    const drawn = await program((i: SampleInputs) => sample(i))(inputs);
    const whole = program((i: { values: never; covariates: never; series: never }) =>
      (module as Network).eval((m) => m.forward(i)),
    );
    for (let s = 0; s < SAMPLES; s++) {
      for (let b = 0; b < BATCH; b++) {
        const z = Array.from(inputs.history.data.subarray(b * history, (b + 1) * history));
        for (let h = 0; h < HORIZON; h++) {
          const length = history + h + 1;
          const covariates = Float32Array.from({ length: 3 * length }, (_, at) => {
            const [t, c] = [Math.floor(at / 3), at % 3];
            if (t < history) return inputs.covariates.data[b * history * 3 + at]!;
            const lag = [0, 2, 8][c]!;
            // A lag that reaches into the horizon is a sample.
            if (lag > 0 && t - lag >= history) return z[t - lag]!;
            return inputs.future.data[(b * HORIZON + t - history) * 3 + c]!;
          });
          const { mu, sigma } = await whole({
            values: new NDArray(Float32Array.of(0, ...z), [1, length], 'float32'),
            covariates: new NDArray(covariates, [1, length, 3], 'float32'),
            series: new NDArray(inputs.series.data.slice(b, b + 1), [1], 'int32'),
          } as never);
          const noise = inputs.noise.data[(b * SAMPLES + s) * HORIZON + h]!;
          const next = Number(mu.data.at(-1)) + Number(sigma.data.at(-1)) * noise;
          expect(drawn.data[(b * SAMPLES + s) * HORIZON + h]).toBeCloseTo(next, 4);
          z.push(next);
        }
      }
    }
  });
});
