/**
 * @module What runs in the browser: the same cases and the same training as in Node.
 */
import { createRuntime, type RuntimeOptions } from '../../src/index.js';
import { type PlainArray, type Results, runFamily, toPlain } from '../cases.js';
import { train } from '../training.js';

export interface PageApi {
  family(name: string, options: RuntimeOptions): Promise<Results<PlainArray>>;
  train(
    steps: number,
    options: RuntimeOptions,
  ): Promise<{ losses: readonly number[]; parameters: readonly PlainArray[] }>;
}

const api: PageApi = {
  family: async (name, options) => {
    const results = await runFamily(name, createRuntime(options));
    return Object.fromEntries(Object.entries(results).map(([op, arrays]) => [op, arrays.map(toPlain)]));
  },
  train: async (steps, options) => {
    const { losses, parameters } = await train(steps, createRuntime(options));
    return { losses, parameters: parameters.map(toPlain) };
  },
};

Object.assign(globalThis, { api });
