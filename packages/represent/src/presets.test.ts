import { describe, expect, it } from 'vitest';
import { pipelineOf } from './encoder.js';
import { configure, METHOD_NAMES, PRESETS, type PresetName } from './presets.js';

describe('configure', () => {
  // Section 4.2 of the specification: pictures of a batch, rows whitened together, permutations; numbers of an embedding.
  it.each([
    ['cifar10', 'w-mse-2', 512, 128, 1, 64],
    ['cifar100', 'w-mse-4', 256, 128, 1, 64],
    ['stl10', 'w-mse-2', 512, 256, 4, 128],
    ['tiny-imagenet', 'w-mse-4', 256, 256, 1, 128],
    ['imagenet-100', 'w-mse-2', 512, 256, 1, 128],
  ] as const)('%s, %s as the authors', (preset, method, batchSize, wSize, wIter, emb) => {
    const config = configure({ preset, method });
    expect(config).toMatchObject({ batchSize, head: { emb }, loss: { wSize, wIter } });
  });

  it('takes the augmentation of the authors’ ImageNet-100', () => {
    const { pipeline } = configure({ preset: 'imagenet-100', method: 'w-mse-4' });
    const { jitter, grayscale, crop, blur } = pipelineOf(pipeline);
    expect(jitter).toMatchObject({ brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.2 });
    expect([grayscale, crop.scale, blur?.probability]).toEqual([0.2, [0.08, 1], 0.5]);
  });

  it('names a pipeline that there is, for every preset and method', () => {
    for (const preset of Object.keys(PRESETS) as PresetName[])
      for (const method of METHOD_NAMES)
        expect(pipelineOf(configure({ preset, method }).pipeline).size).toBeGreaterThan(0);
  });

  it('refuses batches that cannot be whitened', () => {
    const small = { preset: 'small', method: 'w-mse-4' } as const;
    expect(() => configure({ ...small, batchSize: 64 })).toThrow(/64 pictures are too small .* take 128/);
    expect(() => configure({ ...small, batchSize: 200 })).toThrow(
      /200 pictures do not divide into runs of 128/,
    );
    expect(configure({ ...small, batchSize: 100 }).loss).toMatchObject({ wSize: 100 });
  });
});
