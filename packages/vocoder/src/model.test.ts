import { program, type Tensor } from '@sextant/engine';
import { randomArray } from '@sextant/engine/testing';
import { describe, expect, it } from 'vitest';
import { discriminatorNames, generatorNames } from './import.js';
import { Discriminator, discriminatorChannels, Generator, numGeneratorParameters } from './model.js';
import { PAPER_DISCRIMINATOR, PAPER_GENERATOR } from './presets.js';

const small = { ...PAPER_GENERATOR, ngf: 2 };

describe('generator', () => {
  it('has the published number of parameters', () => {
    expect(new Generator(PAPER_GENERATOR).numParameters).toBe(4_266_050);
    expect(new Generator({ ...PAPER_GENERATOR, ngf: 16 }).numParameters).toBe(1_141_026);
  });
  it.each([PAPER_GENERATOR, { ...small, nMelChannels: 40, ngf: 6, nResidualLayers: 2, ratios: [5, 4, 3] }])(
    'is counted without being made: %j',
    (config) => {
      expect(numGeneratorParameters(config)).toBe(new Generator(config).numParameters);
    },
  );
  it('has a name in the authors’ layout for each of its 126 variables', () => {
    const names = generatorNames('official', PAPER_GENERATOR);
    expect([...names.keys()].sort()).toEqual(
      [...new Generator(PAPER_GENERATOR).namedVariables().keys()].sort(),
    );
    expect(names.size).toBe(126);
    expect(new Set(names.values()).size).toBe(126);
    expect(names.get('stages.3.blocks.2.pointwise.weight.g')).toBe('model.21.block.4.weight_g');
  });
  it.each([
    [[8, 8, 2, 2], 6],
    [[5, 4, 3], 8],
  ])('depends on few frames of context for ratios %j', async (ratios, context) => {
    const generator = new Generator({ ...small, nMelChannels: 4, ratios });
    expect(generator.contextFrames).toBe(context);
    const run = program((mel: Tensor) => generator.forward(mel));
    const [frames, hop] = [2 * context + 6, ratios.reduce((a, b) => a * b)];
    const mel = randomArray([1, 4, frames], { dtype: 'float32' });
    const before = (await run(mel)).data as Float32Array;
    // A change beyond the context of frame `at` does not reach its audio; one at the context's edge may.
    const at = context + 3;
    for (const t of [at - context - 1, at + context + 1]) {
      for (let c = 0; c < 4; c++) mel.data[c * frames + t] = 9;
    }
    const after = (await run(mel)).data as Float32Array;
    const audio = (a: Float32Array) => a.slice(at * hop, (at + 1) * hop);
    expect(audio(after)).toEqual(audio(before));
    expect(after).not.toEqual(before);
  });
  it('multiplies the length by the hop, odd ratios too', async () => {
    const generator = new Generator({ ...small, nMelChannels: 3, ratios: [5, 3, 2] });
    const audio = await program((mel: Tensor) => generator.forward(mel))(
      randomArray([2, 3, 7], { dtype: 'float32' }),
    );
    expect(audio.shape).toEqual([2, 1, 210]);
  });
});

describe('discriminator', () => {
  it('has the published widths, number of parameters and variables', () => {
    expect(discriminatorChannels(16, 4, 4, 1024)).toEqual([16, 64, 256, 1024, 1024, 1024]);
    expect(new Discriminator(PAPER_DISCRIMINATOR).numParameters).toBe(3 * 5_641_362);
    expect(discriminatorNames('official', PAPER_DISCRIMINATOR).size).toBe(3 * 2 * 3 * 3.5);
  });
  it('halves the audio from scale to scale', async () => {
    const discriminator = new Discriminator({ numD: 3, channels: [4, 8, 8], downsampFactor: 4 });
    const run = program((audio: Tensor) => discriminator.forward(audio).map((o) => o.score));
    const scores = await run(randomArray([1, 1, 1024], { dtype: 'float32' }));
    expect(scores.map((s) => s.shape)).toEqual([
      [1, 1, 256],
      [1, 1, 128],
      [1, 1, 64],
    ]);
  });
});
