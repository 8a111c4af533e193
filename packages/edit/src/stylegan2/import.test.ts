import type { NDArray } from '@sextant/engine';
import { randomArray } from '@sextant/engine/testing';
import { encodePyTorch, InputError, type StateTree } from '@sextant/io/web';
import { manualSeed } from '@sextant/nn';
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from './config.js';
import { Discriminator } from './discriminator.js';
import { Generator } from './generator.js';
import { importModel } from './import.js';
import { decodeGenerator, encodeGenerator } from './weights.js';

const CONFIG: ModelConfig = {
  size: 16,
  styleDim: 6,
  mappingLayers: 3,
  mappingRate: 0.01,
  channels: { 4: 5, 8: 4, 16: 3 },
  blurKernel: [1, 3, 3, 1],
};
manualSeed(7);
const generator = new Generator(CONFIG);
const discriminator = new Discriminator(CONFIG);
const mean = randomArray([6], { dtype: 'float32' });

type Arrays = Map<string, NDArray>;
const file = (tree: Record<string, NDArray | Arrays>): Uint8Array =>
  encodePyTorch(new Map<string, StateTree>(Object.entries(tree)));
/** The generator's arrays, changed. */
const changed = (change: (state: Arrays) => void): Arrays => {
  const state = generator.stateDict();
  change(state);
  return state;
};

describe('importModel', () => {
  it('reads size, widths and depth off the arrays', () => {
    const found = importModel(
      file({ g_ema: generator.stateDict(), d: discriminator.stateDict(), latent_avg: mean }),
    );
    expect(found.generator.config).toEqual(CONFIG);
    expect(found.generator.stateDict()).toEqual(generator.stateDict());
    expect(found.discriminator!.stateDict()).toEqual(discriminator.stateDict());
    expect(found.meanLatent).toEqual(mean);
  });

  it('prefers the averaged generator, and does without it', () => {
    const other = changed((state) =>
      state.set('to_rgb1.bias', randomArray([1, 3, 1, 1], { dtype: 'float32' })),
    );
    const bias = (bytes: Uint8Array) => importModel(bytes).generator.toRGB1.bias.value;
    expect(bias(file({ g: other, g_ema: generator.stateDict() }))).toEqual(generator.toRGB1.bias.value);
    expect(bias(file({ g: other }))).toEqual(other.get('to_rgb1.bias'));
  });

  it('draws noise that is missing, always the same', () => {
    const bytes = file({
      g_ema: changed((state) => {
        for (const key of [...state.keys()]) if (key.startsWith('noises.')) state.delete(key);
      }),
    });
    const noise = () => importModel(bytes).generator.noises.noise_3!.value;
    expect(noise()).toEqual(noise());
    expect(Math.max(...Array.from(noise().data, Number))).toBeGreaterThan(1);
  });

  it.each<[string, Record<string, NDArray | Arrays>, string]>([
    [
      'a flow',
      { 'chain.0.weight': mean },
      'it holds no StyleGAN2 of rosinality: no generator named g_ema or g is in it',
    ],
    ['a discriminator alone', { d: discriminator.stateDict() }, 'no generator named g_ema or g is in it'],
    [
      'missing layers',
      { g_ema: changed((state) => state.delete('convs.1.activate.bias')) },
      'its generator should have',
    ],
    [
      'other names',
      {
        g_ema: changed((state) => {
          state.set('conv1.noise.strength', state.get('conv1.noise.weight')!);
          state.delete('conv1.noise.weight');
        }),
      },
      'its generator is not whole: there is no conv1.noise.weight',
    ],
    [
      'arrays of another shape',
      {
        g_ema: changed((state) => {
          const [a, b] = ['style.1.bias', 'conv1.activate.bias'].map((key) => state.get(key)!);
          state.set('style.1.bias', b!);
          state.set('conv1.activate.bias', a!);
        }),
      },
      'its generator does not fit together: do not fit: style.1.bias is float32 [5], expected float32 [6]',
    ],
    [
      'a discriminator of another size',
      { g_ema: generator.stateDict(), d: new Discriminator({ ...CONFIG, size: 8 }).stateDict() },
      'its discriminator',
    ],
  ])('refuses %s', (_, tree, message) => {
    const refused = () => importModel(file(tree));
    expect(refused).toThrow(InputError);
    expect(refused).toThrow(message);
    expect(refused).not.toThrow(/\n|\(at /);
  });
});

describe('weights', () => {
  it('keep configuration, arrays and the mean', () => {
    const again = decodeGenerator(encodeGenerator({ generator, meanLatent: mean }));
    expect(again.generator.config).toEqual(CONFIG);
    expect(again.generator.stateDict()).toEqual(generator.stateDict());
    expect(again.meanLatent).toEqual(mean);
    expect(decodeGenerator(encodeGenerator({ generator })).meanLatent).toBeUndefined();
  });

  it('are refused when they are a PyTorch checkpoint, or belong to another network', () => {
    expect(() => decodeGenerator(file({ g_ema: generator.stateDict() }))).toThrow('import');
    const wide = { ...CONFIG, channels: { ...CONFIG.channels, 16: 2 ** 30 } };
    const bytes = encodeGenerator({
      generator: { config: wide, stateDict: () => generator.stateDict() } as never,
    });
    expect(() => decodeGenerator(bytes)).toThrow('parameters by its layers');
  });
});
