/**
 * @module Covariates from timestamps for `sextant apply` and `verify`.
 */
import { NDArray } from '@sextant/engine';
import { type AppliedModule, inputOf, parseOptions } from '@sextant/system';
import { z } from 'zod';
import { age, CALENDAR_FIELDS, type CalendarField, calendarField, zscore } from '../calendar.js';

const Options = z.strictObject({
  fields: z.array(z.enum(['age', ...CALENDAR_FIELDS] as [string, ...string[]])).min(1),
  normalise: z.literal('zscore').default('zscore'),
});

export const calendarModules: Readonly<Record<string, AppliedModule>> = {
  covariates: {
    summary: 'times [T] in seconds and each series’ first step [N] to covariates [N, T, fields]',
    async apply({ config, inputs }) {
      const fields = parseOptions(Options, config).fields as ('age' | CalendarField)[];
      const times = Float64Array.from(inputOf(inputs, 'timestamps', 1).data, Number);
      const starts = Array.from(inputOf(inputs, 'start', 1).data, Number);
      const shape = [starts.length, times.length, fields.length];
      const raw = new Float32Array(starts.length * times.length * fields.length);
      const normalised = new Float32Array(raw.length);
      for (const [n, start] of starts.entries()) {
        for (const [f, field] of fields.entries()) {
          const isAge = field === 'age';
          const column = isAge ? age(times.length, start) : calendarField(times, field);
          const scaled = zscore(column, isAge ? start : 0);
          for (let t = 0; t < times.length; t++) {
            const at = (n * times.length + t) * fields.length + f;
            raw[at] = column[t]!;
            normalised[at] = scaled[t]!;
          }
        }
      }
      return new Map([
        ['raw', new NDArray(raw, shape, 'float32')],
        ['covariates', new NDArray(normalised, shape, 'float32')],
      ]);
    },
  },
};
