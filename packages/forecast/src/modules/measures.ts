/**
 * @module Scale and measures for `sextant apply` and `verify`.
 */
import { InputError } from '@sextant/io';
import { type AppliedModule, type ApplyRequest, parseOptions } from '@sextant/system';
import { z } from 'zod';
import { crpsGaussian, crpsSamples, DECILES, PointErrors, QuantileErrors, ScaledErrors } from '../metrics.js';
import { forEachCell, gaussianQuantiles, sampleQuantiles } from '../quantiles.js';
import { SCALE_VARIANTS, samplingProbabilities, seriesScale } from '../scale.js';
import { array, type Real, real, rowsOf, sameShape, scalar } from './arrays.js';

const size = z.number().int().positive();
const level = z.number().gt(0).lt(1);

const ScaleOptions = z.strictObject({
  variant: z.enum(SCALE_VARIANTS).default('mean_plus_one'),
  history: size,
});

const QuantileOptions = z.strictObject({
  rhos: z.array(level).min(1),
  source: z.enum(['samples', 'gaussian']),
  estimator: z.enum(['linear', 'order']).default('linear'),
  season: size.optional(),
});

const scale: AppliedModule = {
  summary: 'scale of each series [N, T] from its history, the scaled series, and Gaussians mapped back',
  async apply({ config, inputs }) {
    const { variant, history } = parseOptions(ScaleOptions, config);
    const values = real(inputs, 'values', 2);
    const scales = Float64Array.from(rowsOf(values), (row) => seriesScale(row.subarray(0, history), variant));
    const rowwise = (found: Real, f: (value: number, nu: number) => number) => {
      if (found.shape[0] !== scales.length)
        throw new InputError(`${found.shape[0]} rows of Gaussians for ${scales.length} series`);
      return array(
        found.data.map((v, i) => f(v, scales[Math.floor(i / found.shape[1]!)]!)),
        found.shape,
      );
    };
    return new Map([
      ['scale', array(scales, [scales.length])],
      ['scaled', rowwise(values, (v, nu) => v / nu)],
      ['mu', rowwise(real(inputs, 'mu_scaled', 2), (v, nu) => v * nu)],
      ['sigma', rowwise(real(inputs, 'sigma_scaled', 2), (v, nu) => v * nu)],
      ['sampling_probability', array(samplingProbabilities(scales), [scales.length])],
    ]);
  },
};

/** The forecast distribution of every cell: its quantiles [rhos, cells], and the sum of its scores. */
function distribution(
  { source, estimator }: z.output<typeof QuantileOptions>,
  inputs: ApplyRequest['inputs'],
  target: Real,
) {
  const total = (crps: (z: number, cell: number) => number) =>
    target.data.reduce((sum, z, cell) => (Number.isNaN(z) ? sum : sum + crps(z, cell)), 0);
  if (source === 'gaussian') {
    const [mu, sigma] = [real(inputs, 'mu', 2), real(inputs, 'sigma', 2)];
    sameShape('mu', mu, target.shape);
    sameShape('sigma', sigma, target.shape);
    return {
      quantiles: (rhos: readonly number[]) => gaussianQuantiles(mu.data, sigma.data, rhos),
      crps: total((z, i) => crpsGaussian(z, mu.data[i]!, sigma.data[i]!)),
    };
  }
  const samples = real(inputs, 'samples', 3);
  const count = samples.shape[0]!;
  sameShape('samples', samples, [count, ...target.shape]);
  const scores = new Float64Array(target.data.length);
  forEachCell(samples.data, count, (sorted, cell) => {
    scores[cell] = crpsSamples(target.data[cell]!, sorted);
  });
  return {
    quantiles: (rhos: readonly number[]) => sampleQuantiles(samples.data, count, rhos, estimator),
    crps: total((_, cell) => scores[cell]!),
  };
}

const quantileLoss: AppliedModule = {
  summary:
    'quantiles, quantile losses and point errors of samples [S, N, H] or Gaussians against the target [N, H]',
  async apply({ config, inputs }) {
    const options = parseOptions(QuantileOptions, config);
    const target = real(inputs, 'target', 2);
    const { quantiles, crps } = distribution(options, inputs, target);
    const cells = target.data.length;
    const observed = target.data.filter((z) => !Number.isNaN(z));
    const losses = (rhos: readonly number[]) => {
      const found = quantiles(rhos);
      return Float64Array.from(rhos, (rho, r) => {
        const row = found.subarray(r * cells, (r + 1) * cells);
        return new QuantileErrors(rho).add(target.data, row).loss;
      });
    };
    const median = { data: quantiles([0.5]), shape: target.shape };
    const { nd, nrmse, smape } = new PointErrors().add(target.data, median.data);
    const outputs = new Map([
      ['quantiles', array(quantiles(options.rhos), [options.rhos.length, ...target.shape])],
      ['r', array(losses(options.rhos), [options.rhos.length])],
      ['mean_wql', scalar(losses(DECILES).reduce((sum, v) => sum + v, 0) / DECILES.length)],
      ['nd', scalar(nd)],
      ['nrmse', scalar(nrmse)],
      ['smape', scalar(smape)],
      ['crps', scalar(crps / observed.length)],
      ['crps_norm', scalar(crps / observed.reduce((sum, z) => sum + Math.abs(z), 0))],
    ]);
    if (options.season !== undefined) {
      const [truth, points, history] = [target, median, real(inputs, 'insample', 2)].map(rowsOf);
      if (history!.length !== truth!.length)
        throw new InputError(`input insample: ${history!.length} rows for ${truth!.length} of the target`);
      const scaled = new ScaledErrors(options.season);
      for (const [i, row] of truth!.entries()) scaled.add(row, points![i]!, history![i]!);
      outputs.set('mase', scalar(scaled.mase));
    }
    return outputs;
  },
};

export const measures: Readonly<Record<string, AppliedModule>> = { scale, 'quantile-loss': quantileLoss };
