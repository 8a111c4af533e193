/**
 * @module Networks with given parameters, for inference.
 */
import { NDArray } from '@sextant/engine';
import { fromFile, InputError } from '@sextant/io';
import { skipInit } from '@sextant/nn';
import type { ModelConfig } from './config.js';
import { type ForecastNetwork, newNetwork, seriesVectors } from './networks.js';

/**
 * A network of a configuration with the given parameters, for inference: behind the series' learned vectors stands one
 * more, their mean, for series that training did not know.
 *
 * @param state - of a network with a vector for each of `config.series`.
 * @throws InputError when the parameters are not those of this configuration, or not finite.
 */
export function loadNetwork(config: ModelConfig, state: ReadonlyMap<string, NDArray>): ForecastNetwork {
  const known = config.series.length;
  const name = seriesVectors(config);
  const vectors = state.get(name);
  if (known > 0 && vectors?.shape[0] !== known) {
    throw unusable(`${name} has ${vectors?.shape[0] ?? 'no'} rows for ${known} series`);
  }
  for (const [parameter, { data }] of state) {
    const at = (data as Float32Array).findIndex((v) => !Number.isFinite(v));
    if (at >= 0) throw unusable(`${parameter} holds ${data[at]}`);
  }
  const network = skipInit(() => newNetwork(config, known === 0 ? 0 : known + 1));
  fromFile(UNUSABLE, () =>
    network.module.loadStateDict(vectors ? new Map([...state, [name, withMean(vectors)]]) : state),
  );
  return network;
}

const UNUSABLE = 'these are not weights of the network that their configuration describes';
const unusable = (why: string): InputError => new InputError(`${UNUSABLE}: ${why}`);

/** Rows [n, E] with their mean behind them [n + 1, E]. */
function withMean({ data, shape }: NDArray): NDArray {
  const [rows, width] = shape as [number, number];
  const values = new Float32Array((rows + 1) * width);
  values.set(data as Float32Array);
  for (let i = 0; i < rows * width; i++) values[rows * width + (i % width)]! += Number(data[i]) / rows;
  return new NDArray(values, [rows + 1, width], 'float32');
}
