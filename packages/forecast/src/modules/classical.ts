/**
 * @module ETS, ARIMA and TRMF with given parameters for `sextant apply` and `verify`.
 */
import { InputError } from '@sextant/io';
import { type AppliedModule, parseOptions } from '@sextant/system';
import { z } from 'zod';
import { forecastArima, runArima } from '../baselines/arima.js';
import { forecastEts, runEts } from '../baselines/ets.js';
import { extended, objective, sweep } from '../baselines/factorization.js';
import { array, type Real, real, rowsOf, sameShape, scalar } from './arrays.js';

const count = z.number().int().nonnegative();
const positive = z.number().int().positive();
const weight = z.number().positive();
const coefficients = z.array(z.number()).default([]);

const EtsOptions = z.strictObject({
  season: count.default(0),
  horizon: positive,
  trend: z.boolean().default(false),
  alpha: z.number(),
  beta: z.number().default(0),
  gamma: z.number().default(0),
  phi: z.number().default(1),
});

const ArimaOptions = z.strictObject({
  d: count.default(0),
  ar: coefficients,
  ma: coefficients,
  seasonal_d: count.default(0),
  season: positive.default(1),
  seasonal_ar: coefficients,
  seasonal_ma: coefficients,
  mean: z.number().default(0),
  horizon: positive,
});

const TrmfOptions = z.strictObject({
  rank: positive,
  lags: z.array(positive).min(1),
  lambda_f: weight,
  lambda_x: weight,
  lambda_w: weight,
  eta: weight,
  horizon: positive,
});

const vector = (values: Float64Array) => array(Float64Array.from(values), [values.length]);

const ets: AppliedModule = {
  summary: 'exponential smoothing of y [T] with given parameters and initial states, and its forecast',
  async apply({ config, inputs }) {
    const { horizon, ...model } = parseOptions(EtsOptions, config);
    const number = (name: string) => real(inputs, name, 0).data[0]!;
    const season = model.season > 0 ? real(inputs, 'season', 1).data : new Float64Array(0);
    if (season.length !== model.season)
      throw new InputError(`input season: ${season.length} states for a season of ${model.season}`);
    const initial = { level: number('level'), trend: model.trend ? number('trend') : 0, season };
    const run = runEts(real(inputs, 'y', 1).data, model, initial);
    const { mean, variance } = forecastEts(model, run.last, run.sigma2, horizon);
    return new Map([
      ['fitted', vector(run.fitted)],
      ['residuals', vector(run.residuals)],
      ['level', vector(run.level)],
      ...(model.trend ? [['trend', vector(run.trend)] as const] : []),
      ...(model.season > 0 ? [['season', vector(run.season)] as const] : []),
      ['sse', scalar(run.sse)],
      ['sigma2', scalar(run.sigma2)],
      ['loglik', scalar(run.loglik)],
      ['forecast', vector(mean)],
      ['forecast_variance', vector(variance)],
    ]);
  },
};

const arima: AppliedModule = {
  summary: 'seasonal ARIMA of y [T] with given coefficients: conditional residuals and forecast',
  async apply({ config, inputs }) {
    const o = parseOptions(ArimaOptions, config);
    const y = real(inputs, 'y', 1).data;
    const model = {
      ...{ d: o.d, seasonalD: o.seasonal_d, season: o.season, mean: o.mean },
      ...{ ar: o.ar, ma: o.ma, seasonalAr: o.seasonal_ar, seasonalMa: o.seasonal_ma },
    };
    const run = runArima(y, model);
    const { mean, variance, psi } = forecastArima(y, model, run.sigma2, o.horizon);
    return new Map([
      ['differenced', vector(run.differenced)],
      ['residuals', vector(run.residuals)],
      ['css', scalar(run.css)],
      ['sigma2', scalar(run.sigma2)],
      ['loglik', scalar(run.loglik)],
      ['forecast', vector(mean)],
      ['psi', vector(psi)],
      ['forecast_variance', vector(variance)],
    ]);
  },
};

const trmf: AppliedModule = {
  summary: 'one sweep of temporal regularized matrix factorization over y [N, T], and the forecast',
  async apply({ config, inputs }) {
    const o = parseOptions(TrmfOptions, config);
    const options = {
      ...{ rank: o.rank, lags: o.lags, eta: o.eta },
      ...{ lambdaF: o.lambda_f, lambdaX: o.lambda_x, lambdaW: o.lambda_w },
    };
    const y = real(inputs, 'y', 2);
    const [series = 0, steps = 0] = y.shape;
    const [observed, f] = [real(inputs, 'observed', 2), real(inputs, 'f', 2)];
    const [x, w] = [real(inputs, 'x', 2), real(inputs, 'w', 2)];
    sameShape('observed', observed, y.shape);
    sameShape('f', f, [series, o.rank]);
    sameShape('x', x, [o.rank, steps]);
    sameShape('w', w, [o.rank, o.lags.length]);
    if (Math.max(...o.lags) >= steps)
      throw new InputError(`config lags: the largest must be below the ${steps} steps of y`);
    const rows = rowsOf({ ...y, data: y.data.map((v, i) => (observed.data[i] === 0 ? Number.NaN : v)) });
    const before = { f: f.data, x: transposed(x).data, w: w.data };
    const after = sweep(rows, before, options);
    const latent = extended(after, options, o.horizon).subarray(after.x.length);
    const forecast = new Float64Array(series * o.horizon);
    for (let i = 0; i < forecast.length; i++) {
      const [row, h] = [Math.floor(i / o.horizon), i % o.horizon];
      for (let r = 0; r < o.rank; r++) forecast[i]! += after.f[row * o.rank + r]! * latent[h * o.rank + r]!;
    }
    const latentByTime: Real = { data: Float64Array.from(after.x), shape: [steps, o.rank] };
    return new Map([
      ['f', array(Float64Array.from(after.f), f.shape)],
      ['x', array(transposed(latentByTime).data, x.shape)],
      ['w', array(Float64Array.from(after.w), w.shape)],
      ['objective_before', scalar(objective(rows, before, options))],
      ['objective', scalar(objective(rows, after, options))],
      ['forecast', array(forecast, [series, o.horizon])],
    ]);
  },
};

function transposed({ data, shape: [rows = 0, columns = 0] }: Real): Real {
  return {
    data: Float64Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!),
    shape: [columns, rows],
  };
}

export const classical: Readonly<Record<string, AppliedModule>> = { ets, arima, trmf };
