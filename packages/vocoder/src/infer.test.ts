import { NDArray, type Program, program, type Tensor } from '@sextant/engine';
import { randomArray } from '@sextant/engine/testing';
import { encodePyTorch, InputError } from '@sextant/io';
import { manualSeed } from '@sextant/nn';
import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { generatorNames } from './import.js';
import { Vocoder } from './infer.js';
import { PAPER_MEL, TACOTRON_MEL } from './mel.js';
import { Generator } from './model.js';
import { PAPER_GENERATOR } from './presets.js';
import { encodeWeights } from './weights.js';
import { cutWindows } from './windows.js';

const mel = (frames: number) =>
  randomArray([80, frames], { dtype: 'float32', low: -5, high: 0, seed: frames });

let vocoder: Vocoder;
let whole: Program<[Tensor], Tensor>;
beforeAll(() => {
  manualSeed(7);
  const generator = new Generator({ ...PAPER_GENERATOR, ngf: 2 });
  vocoder = new Vocoder(generator, PAPER_MEL);
  whole = program((x: Tensor) => generator.forward(x), { freeze: true });
});

function largest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
  return worst;
}

async function collect(pieces: AsyncIterable<Float32Array>): Promise<number[]> {
  const all: number[] = [];
  for await (const piece of pieces) all.push(...piece);
  return all;
}

describe('synthesis', () => {
  it.each([4, 17, 255, 256, 257, 300, 700])('%i frames in windows are one pass over all', async (frames) => {
    const x = mel(frames);
    const one = (await whole(x.reshape([1, 80, frames]))).data as Float32Array;
    expect(largest(await vocoder.synthesize(x), one)).toBeLessThan(1e-6);
  });
  it.each([
    [1, 32],
    [7, 16],
    [64, 64],
    [301, 20],
  ])('frames that come by %i, in passes of %i, are the same', async (size, chunkFrames) => {
    const x = mel(301);
    const pieces: NDArray[] = [];
    for (let t = 0; t < 301; t += size) {
      const n = Math.min(size, 301 - t);
      const part = Float32Array.from({ length: 80 * n }, (_, i) =>
        Number(x.data[Math.floor(i / n) * 301 + t + (i % n)]),
      );
      pieces.push(new NDArray(part, [80, n], 'float32'));
    }
    const one = (await whole(x.reshape([1, 80, 301]))).data as Float32Array;
    expect(largest(await collect(vocoder.stream(pieces, { chunkFrames })), one)).toBeLessThan(1e-6);
  });
  it.each<[string, NDArray, RegExp]>([
    ['too few frames', mel(3), /3 frames are too few: the network needs at least 4/],
    [
      'other bands',
      randomArray([40, 9], { dtype: 'float32' }),
      /expected frames of shape \[80, n\], got \[40, 9\]/,
    ],
    ['NaN', new NDArray(new Float32Array(800).fill(Number.NaN), [80, 10], 'float32'), /not finite \(NaN\)/],
  ])('%s: one clear line', async (_, x, message) => {
    await expect(vocoder.synthesize(x)).rejects.toThrow(message);
  });
});

describe('windows', () => {
  it.each([
    [0, 100, 0, 100, 4, 6],
    [50, 61, 20, 61, 3, 6],
    [0, 5, 0, 5, 1, 6],
    [512, 900, 244, 900, 2, 8],
  ])('keep every frame of %i..%i once, with context', (from, to, first, end, count, context) => {
    const { windows, length } = cutWindows({ from, to, first, end }, count, context);
    expect(windows.flatMap((w) => Array.from({ length: w.to - w.from }, (_, i) => w.from + i))).toEqual(
      Array.from({ length: to - from }, (_, i) => from + i),
    );
    for (const w of windows) {
      expect(w.start).toBeGreaterThanOrEqual(first);
      expect(w.start + length).toBeLessThanOrEqual(end);
      expect(w.start === first || w.from - w.start >= context).toBe(true);
      expect(w.start + length === end || w.start + length - w.to >= context).toBe(true);
    }
  });
});

describe('analysis', () => {
  const audio = Float32Array.from(
    { length: 400_000 },
    (_, i) => 0.4 * Math.sin(i * 0.03) * Math.sin(i * 0.0001),
  );
  it.each([400, 5000, 100_001, 400_000])('%i samples in blocks are one pass over all', async (samples) => {
    const part = audio.subarray(0, samples);
    const front = program((x: Tensor) => vocoder.front.forward(x));
    const one = await front(new NDArray(part.slice(), [1, 1, samples], 'float32'));
    const pieces = await vocoder.analyze(part);
    expect(pieces.shape).toEqual(one.shape.slice(1));
    expect(largest(pieces.data, one.data as Float32Array)).toBeLessThan(1e-5);
    const blocks = Array.from({ length: Math.ceil(samples / 777) }, (_, i) =>
      part.subarray(i * 777, (i + 1) * 777),
    );
    let frames = 0;
    for await (const piece of vocoder.analyzeStream(blocks)) frames += piece.shape[1]!;
    expect(frames).toBe(pieces.shape[1]);
  });
  it('audio too short to be mirrored: one clear line', async () => {
    await expect(vocoder.analyze(audio.subarray(0, 384))).rejects.toThrow(
      /the audio is too short: 384 samples, at least 385 \(0\.017 s\) are needed/,
    );
  });
});

describe('weights', () => {
  it('written and read give the same audio', async () => {
    const bytes = encodeWeights({ generator: vocoder.generator, mel: PAPER_MEL });
    const again = await Vocoder.load(bytes);
    expect(again.front.options).toEqual(PAPER_MEL);
    expect(await again.synthesize(mel(20))).toEqual(await vocoder.synthesize(mel(20)));
  });
  it('the authors’ layout, and seungwonpark’s with its own front-end', async () => {
    const { generator } = vocoder;
    const state = generator.stateDict();
    const named = (format: 'official' | 'seungwonpark') =>
      new Map(
        [...generatorNames(format, generator.config)].map(([ours, theirs]) => [theirs, state.get(ours)!]),
      );
    const official = await Vocoder.load(encodePyTorch(named('official')));
    expect(await official.synthesize(mel(20))).toEqual(await vocoder.synthesize(mel(20)));
    const other = await Vocoder.load(encodePyTorch(new Map([['model_g', named('seungwonpark')]])));
    expect(other.front.options).toEqual(TACOTRON_MEL);
    expect(other.generator.config).toEqual({ ...generator.config, inputShift: 5, inputScale: 0.2 });
  });
  it('something else is refused', async () => {
    await expect(Vocoder.load(encodePyTorch(new Map([['a', mel(4)]])))).rejects.toThrow(
      /not a MelGAN generator: there is neither model.1 nor generator.1/,
    );
    await expect(Vocoder.load(new Uint8Array(20))).rejects.toThrow(InputError);
  });
});

describe('export', () => {
  it('plain ONNX Runtime gives the same audio for any number of frames', async () => {
    const session = await ort.InferenceSession.create(await vocoder.export());
    for (const frames of [5, 60]) {
      const x = mel(frames);
      const { audio } = await session.run({
        mel: new ort.Tensor('float32', x.data as Float32Array, [1, 80, frames]),
      });
      expect(audio!.dims).toEqual([1, 1, frames * 256]);
      expect(largest(audio!.data as Float32Array, await vocoder.synthesize(x))).toBeLessThan(1e-6);
    }
  });
});
