import { Generator, NDArray, program } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from './config.js';
import type { Network } from './model.js';
import { newNetwork, type SampleInputs } from './networks.js';

const [BATCH, SAMPLES, HISTORY, HORIZON] = [2, 3, 9, 6];

const configOf = (
  mask: ModelConfig['network'] extends infer N ? Extract<N, { mask: unknown }>['mask'] : never,
) =>
  ({
    network: {
      model: 'transformer',
      dEmbed: 3,
      nLayers: 2,
      nHeads: 2,
      headDim: null,
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
    history: HISTORY,
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

const inputs = {
  history: random.normalArray([BATCH, HISTORY]),
  known: new NDArray(new Float32Array(BATCH * HISTORY).fill(1), [BATCH, HISTORY], 'float32'),
  covariates: random.normalArray([BATCH, HISTORY, 3]),
  future: random.normalArray([BATCH, HORIZON, 3]),
  series: new NDArray(Int32Array.of(1, 0), [BATCH], 'int32'),
  noise: random.normalArray([BATCH, SAMPLES, HORIZON, 1]),
};

describe.each([
  { pattern: 'full' },
  { pattern: 'logsparse' },
  { pattern: 'logsparse', local: 2, restart: 4 },
  { pattern: 'authors', sub_len: 4 },
] as const)('rollout %j', (mask) => {
  it('draws what the whole network gives when it is run anew for every step', async () => {
    const { module, sample } = network(configOf(mask));
    const drawn = await program((i: SampleInputs) => sample(i))(inputs);
    const whole = program((i: { values: never; covariates: never; series: never }) =>
      (module as Network).eval((m) => m.forward(i)),
    );
    for (let s = 0; s < SAMPLES; s++) {
      for (let b = 0; b < BATCH; b++) {
        const z = Array.from(inputs.history.data.subarray(b * HISTORY, (b + 1) * HISTORY));
        for (let h = 0; h < HORIZON; h++) {
          const length = HISTORY + h + 1;
          const covariates = Float32Array.from({ length: 3 * length }, (_, at) => {
            const [t, c] = [Math.floor(at / 3), at % 3];
            if (t < HISTORY) return inputs.covariates.data[b * HISTORY * 3 + at]!;
            const lag = [0, 2, 8][c]!;
            // A lag that reaches into the horizon is a sample.
            if (lag > 0 && t - lag >= HISTORY) return z[t - lag]!;
            return inputs.future.data[(b * HORIZON + t - HISTORY) * 3 + c]!;
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
