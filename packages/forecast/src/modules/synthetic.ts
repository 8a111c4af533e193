/**
 * @module The synthetic data set for `sextant apply` and `verify`.
 */
import { NDArray } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { type AppliedModule, parseOptions } from '@sextant/system';
import { z } from 'zod';
import { type Amplitudes, lastAmplitude, syntheticSeries } from '../synthetic.js';

const Options = z.strictObject({ t0: z.int().min(24) });

const synthetic: AppliedModule = {
  summary: 'amplitudes [N, 3] and noise [N, t0 + 24] to the synthetic series [N, t0 + 24]',
  async apply({ config, inputs }) {
    const { t0 } = parseOptions(Options, config);
    const [amplitudes, noise] = [inputs.get('amplitudes'), inputs.get('noise')];
    if (!amplitudes || !noise) throw new InputError('the inputs must be amplitudes and noise');
    const [count, length] = noise.shape;
    if (amplitudes.shape.join() !== `${count},3` || length !== t0 + 24) {
      throw new InputError(`the inputs must be amplitudes [N, 3] and noise [N, ${t0 + 24}]`);
    }
    const rows = (array: NDArray) => {
      const width = array.shape[1]!;
      return (i: number) => Float64Array.from(array.data.subarray(i * width, (i + 1) * width), Number);
    };
    const given = Array.from({ length: count! }, (_, i) => [...rows(amplitudes)(i)] as unknown as Amplitudes);
    const series = new Float32Array(noise.size);
    for (const [i, a] of given.entries()) series.set(syntheticSeries(t0, a, rows(noise)(i)), i * length);
    return new Map([
      ['series', new NDArray(series, noise.shape, 'float32')],
      ['a4', new NDArray(Float32Array.from(given, lastAmplitude), [count!], 'float32')],
    ]);
  },
};

export const syntheticModules: Readonly<Record<string, AppliedModule>> = { synthetic };
