import { describe, expect, it } from 'vitest';
import { isFloat } from '../src/index.js';
import { checkGradients } from '../src/testing.js';
import { runFamily } from './cases.js';
import { FAMILIES } from './families/index.js';

/** Operations whose recorded gradient is not the derivative of what they compute. */
const ON_PURPOSE: Readonly<Record<string, string>> = {
  stopGradient: 'none passes',
  customVjp: 'the case passes gradients through rounding',
  whileLoop: 'it has none',
  matmulIntegerToFloat: 'it has none',
  round: 'the case has halves, where it jumps',
  sign: 'the case has 0, where it jumps',
  cast: 'the case goes through integers',
};

async function differentiable(family: string) {
  const results = await runFamily(family);
  return Object.entries(FAMILIES[family]!).filter(([op]) => {
    const [value, ...gradients] = results[op]!;
    return isFloat(value!.dtype) && gradients.length > 0 && !(op in ON_PURPOSE);
  });
}

// In float32, as on all devices; the tests beside the operations check more cases, in float64 where they can.
for (const family of Object.keys(FAMILIES)) {
  const cases = await differentiable(family);
  if (cases.length === 0) continue;
  describe(`${family} against central differences`, () => {
    it.each(cases)('%s', async (_, [fn, ...inputs]) => {
      const { compared } = await checkGradients(fn, inputs);
      expect(compared).toBeGreaterThan(0);
    });
  });
}
