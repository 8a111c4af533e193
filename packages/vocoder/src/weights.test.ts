import { NDArray } from '@sextant/engine';
import { randomArray } from '@sextant/engine/testing';
import { decodeSafetensors, encodePyTorch, encodeSafetensors, InputError } from '@sextant/io';
import { manualSeed } from '@sextant/nn';
import { beforeAll, describe, expect, it } from 'vitest';
import { generatorNames } from './import.js';
import { Vocoder } from './infer.js';
import { PAPER_MEL, TACOTRON_MEL } from './mel.js';
import { Generator } from './model.js';
import { PAPER_GENERATOR } from './presets.js';
import { decodeWeights, encodeWeights } from './weights.js';

const mel = (frames: number) =>
  randomArray([80, frames], { dtype: 'float32', low: -5, high: 0, seed: frames });

let vocoder: Vocoder;
beforeAll(() => {
  manualSeed(7);
  vocoder = new Vocoder({ generator: new Generator({ ...PAPER_GENERATOR, ngf: 2 }), mel: PAPER_MEL });
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

describe('weights that are not usable', () => {
  /** Ours, with their configuration changed, or their tensors. */
  const changed = (
    config: (text: string) => string,
    tensors: (given: Map<string, NDArray>) => void = () => {},
  ): Uint8Array => {
    const decoded = decodeSafetensors(encodeWeights(vocoder.weights));
    const given = new Map(decoded.tensors);
    tensors(given);
    return encodeSafetensors(given, { sextant: 'vocoder', config: config(decoded.metadata.config!) });
  };
  const edited = (change: object) =>
    changed((text) => {
      const config = JSON.parse(text);
      return JSON.stringify({ ...config, generator: { ...config.generator, ...change } });
    });

  it.each<[string, () => Uint8Array, RegExp]>([
    ['a huge width', () => edited({ ngf: 100_000 }), /generator\.ngf: Too big/],
    ['a larger width', () => edited({ ngf: 64 }), /has \d+ parameters, they hold 34130$/],
    ['huge ratios', () => edited({ ratios: [1e6, 1e6] }), /generator\.ratios\.0: Too big/],
    ['many layers', () => edited({ nResidualLayers: 1e6 }), /generator\.nResidualLayers: Too big/],
    [
      'a huge transform',
      () => changed((text) => text.replace('"nFft":1024', '"nFft":1000000000')),
      /mel\.nFft: Too big/,
    ],
    ['broken JSON', () => changed(() => '{generator'), /their configuration is not valid JSON/],
    ['JSON of something else', () => changed(() => '7'), /their configuration is no object/],
    [
      'a NaN',
      () =>
        changed(
          (text) => text,
          (t) => t.set('last.bias', new NDArray(Float32Array.of(Number.NaN), [1], 'float32')),
        ),
      /last\.bias holds NaN/,
    ],
    [
      'another shape of as many numbers',
      () =>
        changed(
          (text) => text,
          (t) => t.set('first.weight.g', t.get('first.weight.g')!.reshape([1, 32, 1])),
        ),
      /do not fit: first\.weight\.g is float32 \[1, 32, 1\], expected float32 \[32, 1, 1\]$/,
    ],
  ])('%s', (_, bytes, why) => {
    const decode = () => decodeWeights(bytes());
    expect(decode).toThrow(InputError);
    expect(decode).toThrow(/^these are not usable weights of a vocoder: /);
    expect(decode).toThrow(why);
  });

  it('a checkpoint of another front-end is refused, unless that is given', () => {
    const config = { ...PAPER_GENERATOR, ngf: 2, nMelChannels: 40, ratios: [5, 4, 3] };
    const state = new Generator(config).stateDict();
    const named = [...generatorNames('official', config)].map(
      ([ours, theirs]) => [theirs, state.get(ours)!] as const,
    );
    const bytes = encodePyTorch(new Map(named));
    expect(() => decodeWeights(bytes)).toThrow(
      /takes 40 bands and makes 60 samples of a frame, its front-end gives 80 bands every 256 samples/,
    );
    const front = { nMelChannels: 40, hopLength: 60 };
    expect(decodeWeights(bytes, front).mel).toEqual({ ...PAPER_MEL, ...front });
  });
});
