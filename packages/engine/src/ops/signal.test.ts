import { describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { array, type NDArray } from '../ndarray.js';
import { program } from '../program.js';
import { constant, type Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { add, mul } from './elementwise.js';
import { square } from './functions.js';
import { sum } from './reduce.js';
import * as op from './signal.js';
import { concat, stack } from './slicing.js';

const float64 = (values: ArrayLike<number>, shape?: number[]) =>
  array(Float64Array.from(values), { dtype: 'float64', ...(shape ? { shape } : {}) });
const numbers = (y: NDArray): number[] => Array.from(y.data, Number);

function expectClose(y: readonly number[], expected: readonly number[], digits = 6): void {
  for (const [i, v] of expected.entries()) expect(y[i]).toBeCloseTo(v, digits);
}

/** Frame sizes and hops: divisible or not, overlapping, adjoining and apart. */
const FRAMINGS: [number, number][] = [
  [4, 2],
  [4, 3],
  [5, 2],
  [4, 4],
  [3, 5],
  [1, 1],
];

describe('frames', () => {
  const x = randomArray([2, 17]);
  const framesOf = (data: readonly number[], length: number, size: number, hop: number): number[] => {
    const result: number[] = [];
    for (let row = 0; row < data.length; row += length) {
      for (let start = 0; start + size <= length; start += hop)
        result.push(...data.slice(row + start, row + start + size));
    }
    return result;
  };

  it.each(FRAMINGS)('of %i samples every %i', async (size, hop) => {
    const y = await evaluate((t) => op.frame(t, size, hop), x);
    const count = Math.floor((17 - size) / hop) + 1;
    expect(y.shape).toEqual([2, count, size]);
    expect(numbers(y)).toEqual(framesOf(numbers(x), 17, size, hop));
  });
  it.each(FRAMINGS)('overlapAdd is the adjoint of frames of %i every %i', async (size, hop) => {
    const count = Math.floor((17 - size) / hop) + 1;
    const y = randomArray([2, count, size], { seed: 2 });
    const f = program((t: Tensor, s: Tensor) => {
      const placed = op.overlapAdd(s, hop);
      return { placed, adjoint: grad(sum(mul(op.frame(t, size, hop), s)), t) };
    });
    const { placed, adjoint } = await f(x, y);
    const length = (count - 1) * hop + size;
    expect(placed.shape).toEqual([2, length]);
    for (const row of [0, 1]) {
      const found = numbers(placed).slice(row * length, (row + 1) * length);
      expectClose(numbers(adjoint).slice(row * 17), [...found, ...Array(17 - length).fill(0)], 12);
    }
  });
  it.each(FRAMINGS)('gradients of frames of %i every %i', async (size, hop) => {
    const twice = (t: Tensor) => square(op.overlapAdd(square(op.frame(t, size, hop)), hop));
    await checkGradients(twice, [randomArray([11])], { second: true });
  });
  it('any length', async () => {
    const f = program((t: Tensor) => op.frame(t, 5, 2), { inputs: [{ shape: ['B', 'T'] }] });
    for (const length of [5, 8, 13]) {
      const t = randomArray([2, length], { dtype: 'float32' });
      expect(numbers(await f(t))).toEqual(framesOf(numbers(t), length, 5, 2));
    }
  });
});

describe('stft', () => {
  const n = 40;
  const x = float64(
    Array.from({ length: n }, (_, i) => Math.sin(0.1 * i) + 0.5 * Math.cos((0.37 * i * i) / n)),
  );
  const centred = { nFft: 8, hopLength: 3 };
  const short = { nFft: 8, hopLength: 2, winLength: 6, center: false };
  const both = (options: op.StftOptions) => (t: Tensor) => {
    const { real, imag } = op.stft(t, options);
    return stack([real, imag]);
  };
  const bin = (y: NDArray, part: number, k: number) => {
    const frames = y.shape.at(-1)!;
    return numbers(y).slice((part * 5 + k) * frames, (part * 5 + k + 1) * frames);
  };

  it('follows PyTorch', async () => {
    const y = await evaluate(both(centred), x);
    expect(y.shape).toEqual([2, 5, 14]);
    expectClose(bin(y, 0, 2), [-0.1983271, 0.0108246, 0.0290647, 0.0478678, 0.0463474]);
    expectClose(bin(y, 1, 2), [0, -0.0797735, -0.0568452, -0.0067143, 0.0632265]);
    const z = await evaluate(both(short), x);
    expect(z.shape).toEqual([2, 5, 17]);
    expectClose(bin(z, 0, 1), [-1.8172826, -2.1295748, -2.3218839, -2.3403047, -2.1516514]);
    expectClose(bin(z, 1, 3), [0.0066783, 0.0055995, 0.0032334, -0.000744]);
  });
  it.each([2, 6, 22, 36, 64])('of %i samples is the sum that defines it', async (nFft) => {
    const window = float64(Array(nFft).fill(1));
    const signal = randomArray([nFft + 3]);
    const y = await evaluate(both({ nFft, hopLength: 3, window, center: false }), signal);
    const bins = nFft / 2 + 1;
    for (let k = 0; k < bins; k++) {
      for (const start of [0, 3]) {
        const frame = numbers(signal).slice(start, start + nFft);
        const angle = (2 * Math.PI * k) / nFft;
        const real = frame.reduce((s, v, i) => s + v * Math.cos(angle * i), 0);
        const imag = frame.reduce((s, v, i) => s - v * Math.sin(angle * i), 0);
        expect(y.data[2 * k + start / 3]).toBeCloseTo(real, 10);
        expect(y.data[2 * (bins + k) + start / 3]).toBeCloseTo(imag, 10);
      }
    }
  });
  it.each<[string, op.StftOptions]>([
    ['centred', { nFft: 8, hopLength: 3 }],
    ['a short window', { nFft: 8, hopLength: 2, winLength: 6 }],
    ['zeros at the ends', { nFft: 6, hopLength: 2, padMode: 'constant' }],
  ])('istft undoes it: %s', async (_, options) => {
    const back = await evaluate((t) => op.istft(op.stft(t, options), { ...options, length: n }), x);
    expectClose(numbers(back), numbers(x), 12);
  });
  it('istft gives whole hops, and zeros beyond the last frame', async () => {
    const spectrum = (t: Tensor) => op.stft(t, centred);
    expect((await evaluate((t) => op.istft(spectrum(t), centred), x)).shape).toEqual([39]);
    const long = await evaluate((t) => op.istft(spectrum(t), { ...centred, length: 50 }), x);
    expect(numbers(long).slice(43)).toEqual(Array(7).fill(0));
  });
  it('a free length', async () => {
    const f = program(
      (t: Tensor) => {
        const { real, imag } = op.stft(t, centred);
        return { real, back: op.istft({ real, imag }, { ...centred, length: t.shape.at(-1)! }) };
      },
      { inputs: [{ shape: ['T'], dtype: 'float64' }] },
    );
    const { real, back } = await f(x);
    expect(real.shape).toEqual([5, 14]);
    expectClose(numbers(back), numbers(x), 12);
  });
  it('gradients', async () => {
    const t = randomArray([2, 12]);
    const options = { nFft: 4, hopLength: 2 };
    await checkGradients((s) => square(both(options)(s)), [t], { second: true });
    const inverse = (real: Tensor, imag: Tensor) => square(op.istft({ real, imag }, options));
    await checkGradients(inverse, [randomArray([3, 4]), randomArray([3, 4], { seed: 2 })], { second: true });
    const loudness = (s: Tensor) => {
      const { real, imag } = op.stft(s, options);
      return op.magnitude(real, imag, 0.1);
    };
    await checkGradients(loudness, [t], { second: true });
  });
});

describe('magnitude', () => {
  it('is the length of the pair, with gradient 0 at 0', async () => {
    const f = program((a: Tensor, b: Tensor) => {
      const y = op.magnitude(a, b);
      return concat([y, grad(sum(y), a), grad(sum(y), b)]);
    });
    expectClose(numbers(await f(array([3, 0]), array([4, 0]))), [5, 0, 0.6, 0, 0.8, 0]);
  });
  it('gradients', async () => {
    await checkGradients((a, b) => op.magnitude(a, b), [randomArray([2, 3]), randomArray([3], { seed: 2 })], {
      second: true,
    });
  });
});

describe('errors', () => {
  const x = constant(randomArray([2, 7]));
  it.each<[string, () => unknown, RegExp]>([
    ['short', () => op.frame(x, 8, 2), /frame: \[2, 7\] is shorter than a frame of 8/],
    ['hop', () => op.frame(x, 4, 0), /frame: frames of 4 every 0 samples do not exist/],
    ['window', () => op.stft(x, { nFft: 4, winLength: 6 }), /stft: nFft 4 \(an even number\), winLength 6/],
    ['odd', () => op.stft(x, { nFft: 5 }), /stft: nFft 5 \(an even number\)/],
    [
      'integers',
      () => op.stft(constant(array([1], { dtype: 'int32' })), { nFft: 4 }),
      /stft: int32 \[1\] is not a signal/,
    ],
    ['reflection', () => op.stft(x, { nFft: 16 }), /reflect padding by 8 does not fit/],
    [
      'bins',
      () => op.istft({ real: x, imag: add(x, 1) }, { nFft: 4 }),
      /istft: \[2, 7\] is not \[..., 3, frames\]/,
    ],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
