import { defaultRuntime, NDArray, type Program, program, type Tensor } from '@sextant/engine';
import { randomArray, seededRandom } from '@sextant/engine/testing';
import { InputError } from '@sextant/io';
import { manualSeed } from '@sextant/nn';
import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { Vocoder } from './infer.js';
import { type MelOptions, PAPER_MEL, TACOTRON_MEL } from './mel.js';
import { Generator } from './model.js';
import { PAPER_GENERATOR } from './presets.js';
import { refine } from './refine.js';
import { encodeWeights } from './weights.js';
import { cutWindows } from './windows.js';

const mel = (frames: number) =>
  randomArray([80, frames], { dtype: 'float32', low: -5, high: 0, seed: frames });

let vocoder: Vocoder;
let whole: Program<[Tensor], Tensor>;
beforeAll(() => {
  manualSeed(7);
  const generator = new Generator({ ...PAPER_GENERATOR, ngf: 2 });
  vocoder = new Vocoder({ generator, mel: PAPER_MEL });
  whole = program((x: Tensor) => generator.forward(x), { freeze: true });
});

/** Something like speech: a glide of harmonics with pauses, over faint noise. */
function speech(samples: number): Float32Array {
  const random = seededRandom(3);
  let phase = 0;
  return Float32Array.from({ length: samples }, (_, n) => {
    phase += (2 * Math.PI * (180 + 60 * Math.sin(n / 9000))) / 22050;
    let sample = 0;
    for (let h = 1; h <= 20; h++) sample += Math.cos(h * phase) / h;
    return 0.1 * sample * Math.max(0, Math.sin(n / 2500)) + 0.002 * random();
  });
}

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
      /an NDArray \[80, frames\] of floats, got float32 \[40, 9\]$/,
    ],
    [
      'frames before bands',
      randomArray([9, 80], { dtype: 'float32' }),
      /got float32 \[9, 80\]: transpose it$/,
    ],
    ['integers', new NDArray(new Int32Array(800), [80, 10], 'int32'), /got int32 \[80, 10\]/],
    ['plain numbers', new Float32Array(800) as unknown as NDArray, /got Float32Array/],
    ['NaN', new NDArray(new Float32Array(800).fill(Number.NaN), [80, 10], 'float32'), /not finite \(NaN\)/],
  ])('%s: one clear line', async (_, x, message) => {
    const refusal = await vocoder.synthesize(x).catch((error) => error);
    expect(refusal).toBeInstanceOf(InputError);
    expect(refusal.message).toMatch(message);
  });
  it('takes a batch of one, and half precision', async () => {
    const x = mel(12);
    expect(await vocoder.synthesize(x.reshape([1, 80, 12]))).toEqual(await vocoder.synthesize(x));
    const ones = { half: new Uint16Array(960).fill(0xbc00), single: new Float32Array(960).fill(-1) };
    const half = await vocoder.synthesize(new NDArray(ones.half, [80, 12], 'float16'));
    expect(half).toEqual(await vocoder.synthesize(new NDArray(ones.single, [80, 12], 'float32')));
  });
});

describe('refined synthesis', () => {
  const melOf = async (audio: Float32Array) => (await vocoder.analyze(audio)).data as Float32Array;
  /** Mean absolute difference. */
  const distance = (a: Float32Array, b: Float32Array) =>
    a.reduce((s, v, i) => s + Math.abs(v - b[i]!), 0) / a.length;

  it.each([
    [20, 8],
    [300, 64],
    [700, 256],
  ])('%i frames, streamed by %i, are one pass over all', async (frames, chunkFrames) => {
    const refined = new Vocoder({ ...vocoder.weights, refinements: 2 });
    const x = await vocoder.analyze(speech(frames * 256));
    const one = program((m: Tensor) => refine(vocoder.generator.forward(m), m, vocoder.front, 2), {
      freeze: true,
    });
    const all = (await one(x.reshape([1, 80, frames]))).data as Float32Array;
    expect(largest(await refined.synthesize(x), all)).toBeLessThan(1e-5);
    expect(largest(await collect(refined.stream([x], { chunkFrames })), all)).toBeLessThan(1e-5);
    expect(largest(await collect(refined.stream([x])), all)).toBeLessThan(1e-5);
  });
  it('streams windows of 8 times their context, which is more than 256 frames', async () => {
    const refined = new Vocoder({ ...vocoder.weights, refinements: 8 });
    const frames = 8 * (6 + 4 * 8);
    const x = mel((defaultRuntime().threads + 1) * frames);
    const first = await refined.stream([x]).next();
    expect(first.value!.length).toBe(frames * 256);
    await refined.release();
  });
  it('comes nearer to its spectrogram with every refinement', async () => {
    const x = await vocoder.analyze(speech(100 * 256));
    const distances: number[] = [];
    for (const refinements of [0, 1, 2, 4, 8]) {
      const refined = new Vocoder({ ...vocoder.weights, refinements });
      distances.push(distance(await melOf(await refined.synthesize(x)), x.data as Float32Array));
    }
    expect(distances).toEqual([...distances].sort((a, b) => b - a));
    expect(distances.at(-1)).toBeLessThan(0.2 * distances[0]!);
  });
  it.each<[string, MelOptions]>([
    ['centred frames', TACOTRON_MEL],
    ['an odd overlap', { ...PAPER_MEL, nFft: 1024, winLength: 1024, hopLength: 255 }],
  ])('%s', async (_, options) => {
    const hop = options.hopLength;
    const config = { ...PAPER_GENERATOR, ngf: 2, ratios: hop === 255 ? [17, 15] : [8, 8, 2, 2] };
    const network = new Vocoder({ generator: new Generator(config), mel: options });
    const refined = new Vocoder({ ...network.weights, refinements: 4 });
    const sound = speech(60 * hop + 100);
    const x = await network.analyze(sound);
    const before = await network.analyze(await network.synthesize(x));
    const after = await network.analyze(await refined.synthesize(x));
    const n = Math.min(before.size, x.size);
    const [b, a, y] = [before, after, x].map((m) => (m.data as Float32Array).subarray(0, n)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    expect(distance(a, y)).toBeLessThan(distance(b, y));
  });
  it('keeps silence silent', async () => {
    const silence = new NDArray(new Float32Array(80 * 50).fill(-5), [80, 50], 'float32');
    const refined = new Vocoder({ ...vocoder.weights, refinements: 8 });
    expect(Math.max(...(await refined.synthesize(silence)))).toBeLessThan(0.01);
  });
  it.each([-1, 1.5, 101, Number.NaN])('%s refinements: one clear line', (refinements) => {
    expect(() => new Vocoder({ ...vocoder.weights, refinements })).toThrow(
      new InputError(`refinements: ${refinements} is not a whole number from 0 to 100`),
    );
  });
  it('travels with the weights, and can be overruled', async () => {
    const bytes = encodeWeights({ ...vocoder.weights, refinements: 3 });
    expect((await Vocoder.load(bytes)).refinements).toBe(3);
    const plain = await Vocoder.load(bytes, { refinements: 0 });
    expect(plain.unrefined).toBeUndefined();
    expect(await plain.synthesize(mel(20))).toEqual(await vocoder.synthesize(mel(20)));
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
  it('samples that are not finite are named by their number', async () => {
    const bad = audio.slice(0, 5000);
    bad[3210] = Number.NaN;
    const blocks = [bad.subarray(0, 3000), bad.subarray(3000)];
    const reading = (async () => {
      for await (const _ of vocoder.analyzeStream(blocks)) {
      }
    })();
    await expect(reading).rejects.toThrow(/^sample 3210 is NaN/);
  });
  it('the fewest samples that can be spoken', async () => {
    const { minimumSamples } = vocoder;
    const enough = await vocoder.analyze(audio.subarray(0, minimumSamples));
    expect(await vocoder.synthesize(enough)).toHaveLength(4 * 256);
    const fewer = await vocoder.analyze(audio.subarray(0, minimumSamples - 1));
    await expect(vocoder.synthesize(fewer)).rejects.toThrow(/3 frames are too few/);
  });
  it('audio too short to be mirrored: one clear line', async () => {
    await expect(vocoder.analyze(audio.subarray(0, 384))).rejects.toThrow(
      /the audio is too short: 384 samples at 22050 Hz, at least 385 \(0\.017 s\) are needed/,
    );
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
