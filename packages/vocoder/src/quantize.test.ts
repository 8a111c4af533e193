import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { array, NDArray } from '@sextant/engine';
import { randomArray } from '@sextant/engine/testing';
import { InputError, readAudio, writeFile, writeNpy } from '@sextant/io';
import { manualSeed } from '@sextant/nn';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verbs } from './commands.js';
import { Vocoder } from './infer.js';
import { PAPER_MEL } from './mel.js';
import { Generator, type GeneratorConfig, hopLength } from './model.js';
import { PAPER_GENERATOR } from './presets.js';
import { encodeWeights } from './weights.js';

/** Smooth like speech's: neighbouring frames are alike. */
const mel = (frames: number, channels = 80, seed = frames) => {
  const noise = randomArray([channels, frames + 4], { dtype: 'float32', low: -6, high: 2, seed }).data;
  const data = Float32Array.from({ length: channels * frames }, (_, i) => {
    const at = Math.floor(i / frames) * (frames + 4) + (i % frames);
    return [0, 1, 2, 3, 4].reduce((sum, k) => sum + Number(noise[at + k]) / 5, 0);
  });
  return new NDArray(data, [channels, frames], 'float32');
};

/** A generator whose layers keep the variance, as trained ones do: fresh ones are almost silent. */
function loudGenerator(config: Partial<GeneratorConfig>): Generator {
  manualSeed(3);
  const generator = new Generator({ ...PAPER_GENERATOR, ...config });
  for (const [name, variable] of generator.namedVariables()) {
    if (name.endsWith('weight.g')) {
      const gain = name.startsWith('last') ? 0.7 : 1.8;
      variable.value = array(
        Float32Array.from(variable.value.data as Float32Array, (v) => gain * v),
        { shape: variable.shape },
      );
    }
  }
  return generator;
}

/** Signal to noise, in dB. */
function snr(wanted: Float32Array, got: Float32Array): number {
  expect(got.length).toBe(wanted.length);
  const power = (f: (i: number) => number) => wanted.reduce((sum, _, i) => sum + f(i) ** 2, 0);
  return 10 * Math.log10(power((i) => wanted[i]!) / power((i) => wanted[i]! - got[i]!));
}

const calibration = [mel(60, 80, 1000), mel(300, 80, 1001)];
let float: Vocoder;
let int8: Vocoder;
beforeAll(async () => {
  float = new Vocoder({ generator: loudGenerator({ ngf: 4 }), mel: PAPER_MEL });
  int8 = await float.atPrecision({ precision: 'int8', calibration });
});

describe('8-bit generator', () => {
  it.each([5, 40, 300])('is near the float one on %i frames', async (frames) => {
    const x = mel(frames);
    const [wanted, got] = [await float.synthesize(x), await int8.synthesize(x)];
    expect(snr(wanted, got)).toBeGreaterThan(18);
  });
  it('reflects at the ends as the float one does', async () => {
    const x = mel(40);
    const [wanted, got] = [await float.synthesize(x), await int8.synthesize(x)];
    for (const end of [[0, 1024], [-1024]]) {
      // Weights have 7 bits where the processor has no VNNI: 17.9 dB there.
      expect(snr(wanted.slice(...end), got.slice(...end))).toBeGreaterThan(17);
    }
  });
  it.each<[string, Partial<GeneratorConfig>]>([
    ['odd ratios', { nMelChannels: 12, ngf: 4, ratios: [5, 4, 3] }],
    [
      'a shifted and scaled input',
      { nMelChannels: 12, ngf: 4, ratios: [4, 4], inputShift: 5, inputScale: 0.2 },
    ],
  ])('%s', async (_, config) => {
    const generator = loudGenerator(config);
    const options = { ...PAPER_MEL, nMelChannels: 12, hopLength: hopLength(generator.config) };
    const one = new Vocoder({ generator, mel: options });
    const other = await one.atPrecision({ precision: 'int8', calibration: [mel(80, 12, 7)] });
    const x = mel(50, 12);
    expect(snr(await one.synthesize(x), await other.synthesize(x))).toBeGreaterThan(18);
  });
  it('in windows gives what it gives in one pass, to the bit', async () => {
    const x = mel(300);
    const pieces: number[] = [];
    for await (const piece of int8.stream([x], { chunkFrames: 32 })) pieces.push(...piece);
    expect(new Float32Array(pieces)).toEqual(await int8.synthesize(x));
  });
  it('plain ONNX Runtime gives the same audio for any number of frames', async () => {
    const session = await ort.InferenceSession.create(await int8.export());
    for (const frames of [5, 60]) {
      const x = mel(frames);
      const { audio } = await session.run({
        mel: new ort.Tensor('float32', x.data as Float32Array, [1, 80, frames]),
      });
      expect(audio!.dims).toEqual([1, 1, frames * 256]);
      expect(audio!.data).toEqual(await int8.synthesize(x));
    }
  });
  it('is calibrated on a sentence of the package by default', async () => {
    const usual = await float.atPrecision({ precision: 'int8' });
    const sound = Float32Array.from(
      { length: 22050 },
      (_, i) => 0.5 * Math.sin(i * 0.05) * Math.sin(i * 0.001),
    );
    const x = await float.analyze(sound);
    expect(snr(await float.synthesize(x), await usual.synthesize(x))).toBeGreaterThan(18);
  });
  it('float32 is the vocoder itself; calibration needs a spectrogram', async () => {
    expect(await float.atPrecision({})).toBe(float);
    await expect(float.atPrecision({ precision: 'int8', calibration: [] })).rejects.toThrow(InputError);
  });
});

describe('--precision int8', () => {
  const samples = fileURLToPath(new URL('../samples', import.meta.url));
  let folder: string;
  let weights: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sextant-'));
    weights = join(folder, 'weights.safetensors');
    await writeFile(weights, [encodeWeights({ generator: float.generator, mel: PAPER_MEL })]);
  });
  afterAll(() => rm(folder, { recursive: true }));
  const run = (verb: string, ...args: string[]) =>
    verbs()
      .find((command) => command.name() === verb)!
      .parseAsync([...args, '--weights', weights], { from: 'user' });

  it('exports a model calibrated on a folder of sounds', async () => {
    const path = join(folder, 'int8.onnx');
    await run('export', '--precision', 'int8', '--calibration', samples, '-o', path);
    const session = await ort.InferenceSession.create(await readFile(path));
    const x = mel(30);
    const { audio } = await session.run({
      mel: new ort.Tensor('float32', x.data as Float32Array, [1, 80, 30]),
    });
    const sound = await readAudio(join(samples, 'sample.wav'));
    const calibration = [await float.analyze(sound.samples.data)];
    const same = await float.atPrecision({ precision: 'int8', calibration });
    expect(audio!.data).toEqual(await same.synthesize(x));
  });
  it('synthesizes what the API does', async () => {
    const [input, output] = [join(folder, 'mel.npy'), join(folder, 'speech.wav')];
    await writeNpy(input, mel(30));
    await run('synthesize', input, '-o', output, '--precision', 'int8', '--quiet');
    const usual = await float.atPrecision({ precision: 'int8' });
    const { samples } = await readAudio(output);
    // 16 bits in the file.
    expect(snr(await usual.synthesize(mel(30)), samples.data)).toBeGreaterThan(60);
  });
  it.each([
    [
      'calibration without it',
      ['--calibration', samples, '-o', 'x.onnx'],
      /--calibration is for --precision int8/,
    ],
    ['weights as integers', ['--precision', 'int8', '-o', 'x.pt'], /x\.pt: int8 is written as \.onnx only/],
  ])('%s: refused', async (_, args, message) => {
    await expect(run('export', ...args)).rejects.toThrow(message);
  });
});
