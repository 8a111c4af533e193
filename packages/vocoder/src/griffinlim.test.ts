import {
  array,
  div,
  exp,
  mul,
  type NDArray,
  program,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from '@sextant/engine';
import { InputError } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import { GriffinLim, type GriffinLimOptions } from './griffinlim.js';
import { type MelOptions, MelSpectrogram, PAPER_MEL, TACOTRON_MEL } from './mel.js';

/** A small front-end, so that tests are quick. */
const SMALL: MelOptions = {
  ...PAPER_MEL,
  nFft: 256,
  winLength: 256,
  hopLength: 64,
  nMelChannels: 32,
  sampleRate: 8000,
};

/** A glide of eight harmonics. */
const glide = (length: number): Float32Array => {
  let phase = 0;
  return Float32Array.from({ length }, (_, n) => {
    phase += (2 * Math.PI * (150 + (100 * n) / length)) / 8000;
    let sample = 0;
    for (let h = 1; h <= 8; h++) sample += Math.sin(h * phase) / h;
    return 0.3 * sample;
  });
};

async function melOf(audio: Float32Array, options: MelOptions): Promise<NDArray> {
  const front = new MelSpectrogram(options);
  const mel = await program((x: Tensor) => front.forward(x))(array(audio, { shape: [1, 1, audio.length] }));
  return mel.reshape(mel.shape.slice(1));
}

async function invert(
  mel: NDArray,
  options: MelOptions,
  settings?: GriffinLimOptions,
): Promise<Float32Array> {
  const griffinLim = new GriffinLim(options, settings);
  try {
    return await griffinLim.synthesize(mel);
  } finally {
    await griffinLim.release();
  }
}

/** Spectral convergence: ‖found - wanted‖ / ‖wanted‖ of the mel spectra, of audio against what it was made of. */
async function convergence(audio: Float32Array, mel: NDArray, options: MelOptions): Promise<number> {
  const found = await melOf(audio, options);
  const frames = Math.min(found.shape[1]!, mel.shape[1]!);
  const base = options.variant === 'melgan' ? Math.LN10 : 1;
  const linear = (logMel: Tensor) => exp(mul(slice(logMel, 1, 0, frames), base));
  const measured = program((a: Tensor, b: Tensor) => {
    const [x, y] = [linear(a), linear(b)];
    return sqrt(div(sum(square(sub(x, y))), sum(square(y))));
  });
  return (await measured(found, mel)).item();
}

describe('Griffin-Lim', () => {
  const audio = glide(80 * 64);

  it('comes nearer with every iteration, and nearer still with momentum', async () => {
    const mel = await melOf(audio, SMALL);
    const errors: number[] = [];
    for (const iterations of [1, 8, 60]) {
      const y = await invert(mel, SMALL, { iterations, momentum: 0 });
      expect(y).toHaveLength(audio.length);
      errors.push(await convergence(y, mel, SMALL));
    }
    for (let i = 1; i < errors.length; i++) expect(errors[i]).toBeLessThan(0.9 * errors[i - 1]!);
    const fast = await convergence(await invert(mel, SMALL), mel, SMALL);
    expect(fast).toBeLessThan(errors.at(-1)!);
    expect(fast).toBeLessThan(0.08);
  });

  it('is aligned with the audio that its input is of', async () => {
    const clicks = new Float32Array(40 * 64);
    for (const at of [700, 1900]) clicks[at] = 1;
    const y = await invert(await melOf(clicks, SMALL), SMALL);
    for (const at of [700, 1900]) {
      const near = y.subarray(at - 300, at + 300).map((v) => v * v);
      const energy = near.reduce((a, b) => a + b, 0);
      const centre = near.reduce((s, v, i) => s + v * i, 0) / energy - 300;
      expect(Math.abs(centre)).toBeLessThan(16);
    }
  });

  it('is the same for the same seed', async () => {
    const mel = await melOf(glide(20 * 64), SMALL);
    const [a, b, c] = [
      await invert(mel, SMALL, { iterations: 3, seed: 5 }),
      await invert(mel, SMALL, { iterations: 3, seed: 5 }),
      await invert(mel, SMALL, { iterations: 3, seed: 6 }),
    ];
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
  });

  it.each([
    ['centred frames and the natural logarithm', { ...SMALL, variant: 'tacotron' }],
    ['a window shorter than the frame', { ...SMALL, winLength: 200 }],
    ['an odd overlap', { ...SMALL, hopLength: 63 }],
  ] as const)('works on a front-end with %s', async (_, options) => {
    const mel = await melOf(audio, options);
    const y = await invert(mel, options);
    expect(y).toHaveLength(mel.shape[1]! * options.hopLength);
    const error = await convergence(y.subarray(0, audio.length), mel, options);
    const first = await convergence(await invert(mel, options, { iterations: 1 }), mel, options);
    expect(error).toBeLessThan(first / 2);
  });

  it.each([
    [PAPER_MEL, 2],
    [TACOTRON_MEL, 4],
  ])('works from as few frames as can be mirrored, and refuses fewer', async (options, fewest) => {
    const mel = (frames: number) => array(new Float32Array(80 * frames).fill(-2), { shape: [80, frames] });
    const griffinLim = new GriffinLim(options, { iterations: 1 });
    const y = await griffinLim.synthesize(mel(fewest));
    expect(y).toHaveLength(fewest * 256);
    expect(y.every(Number.isFinite)).toBe(true);
    await expect(griffinLim.synthesize(mel(fewest - 1))).rejects.toThrow(InputError);
    await griffinLim.release();
  });

  it('refuses frames that hardly overlap, and no iterations', () => {
    expect(() => new GriffinLim(SMALL, { iterations: 0 })).toThrow('0 iterations');
    expect(() => new GriffinLim({ ...SMALL, hopLength: 129 })).toThrow('256 < 2 · 129');
  });
});
