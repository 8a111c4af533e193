import { createRequire } from 'node:module';
import { concat, grad, NDArray, program, Generator as Random, type Tensor } from '@sextant/engine';
import { checkGradients, evaluate, randomArray } from '@sextant/engine/testing';
import { manualSeed } from '@sextant/nn';
import { describe, expect, it } from 'vitest';
import { channelTable, type ModelConfig, numGeneratorParameters } from './config.js';
import { Discriminator } from './discriminator.js';
import { Generator } from './generator.js';
import { mixRows, randomNoise, repeatRows, truncate } from './latents.js';
import { gradientPenalty, pathPenalty } from './losses.js';
import { Synthesizer, toImages } from './synthesizer.js';

const CONFIG: ModelConfig = {
  size: 16,
  styleDim: 8,
  mappingLayers: 2,
  mappingRate: 0.01,
  channels: { 4: 16, 8: 6, 16: 4 },
  blurKernel: [1, 3, 3, 1],
};
const tiny: ModelConfig = { ...CONFIG, size: 8, styleDim: 3, channels: { 4: 3, 8: 2 } };
const r = (shape: number[], seed: number) => randomArray(shape, { seed, dtype: 'float32' });
const made = <T>(build: () => T): T => {
  manualSeed(5);
  return build();
};

describe('Generator', () => {
  it('has the parameters that its configuration tells', () => {
    for (const config of [CONFIG, tiny, { ...CONFIG, size: 4, channels: { 4: 5 } }]) {
      expect(made(() => new Generator(config)).numParameters).toBe(numGeneratorParameters(config));
    }
    const paper = { ...CONFIG, size: 256, styleDim: 512, mappingLayers: 8, channels: channelTable(256) };
    expect(numGeneratorParameters(paper)).toBe(30_034_338);
  });

  it.each([4, 8, 32])('makes pictures of %i × %i from any number of latents', async (size) => {
    const channels = { 4: 16, 8: 6, 16: 4, 32: 3 };
    const generator = made(() => new Generator({ ...CONFIG, size, channels }));
    const render = program((w: Tensor) => generator.synthesize(w), {
      inputs: [{ shape: ['N', generator.latentCount, 8] }],
    });
    for (const n of [1, 3]) {
      const { image, skips } = await render(r([n, generator.latentCount, 8], 1));
      expect(image.shape).toEqual([n, 3, size, size]);
      expect(skips.map(({ shape }) => shape[2])).toEqual([4, 8, 16, 32].filter((s) => s <= size));
    }
    await render.release();
  });

  it('each row of w+ has its own layers', async () => {
    const generator = made(() => new Generator(CONFIG));
    const latents = r([1, 6, 8], 1);
    const features = async (changed?: number) => {
      const data = Float32Array.from(latents.data, Number);
      if (changed !== undefined) data.fill(0.5, changed * 8, (changed + 1) * 8);
      const run = program((w: Tensor) => generator.synthesize(w).features);
      const found = await run(new NDArray(data, [1, 6, 8], 'float32'));
      await run.release();
      return found.map((f) => f.data);
    };
    const [before, after] = [await features(), await features(3)];
    // Row 3 is that of the fourth convolution, and of the second picture.
    expect(before.map((f, i) => String(f) === String(after[i]))).toEqual([true, true, true, false, false]);
  });

  it('refuses other numbers of rows and noise pictures', async () => {
    const generator = made(() => new Generator(CONFIG));
    const rows = (n: number) => evaluate((w) => generator.synthesize(w).image, r([1, n, 8], 1));
    await expect(rows(5)).rejects.toThrow('latents [1, 5, 8] are not [N, 6, 8]');
    const short = evaluate((w) => generator.synthesize(w, []).image, r([1, 6, 8], 1));
    await expect(short).rejects.toThrow('0 noise pictures for 5 convolutions');
  });

  it('gradients of first and second order by latents', async () => {
    const generator = made(() => new Generator(tiny));
    await checkGradients((w) => generator.synthesize(w).image, [r([1, 4, 3], 2)], {
      second: true,
      step: 3e-3,
    });
  });
});

describe('latents', () => {
  it('are drawn towards their mean, repeated and mixed', async () => {
    const w = new NDArray(Float32Array.of(1, 2), [1, 2], 'float32');
    const v = new NDArray(Float32Array.of(5, 6), [1, 2], 'float32');
    const half = await evaluate((t) => truncate(t, [3, 0], 0.5), w);
    expect([...half.data]).toEqual([2, 1]);
    expect(await evaluate((t) => truncate(t, [3, 0], 1), w)).toEqual(w);
    expect([...(await evaluate((t) => repeatRows(t, 2), w)).data]).toEqual([1, 2, 1, 2]);
    const mixed = await evaluate((a, b) => mixRows(a, b, 1, 3), w, v);
    expect([...mixed.data]).toEqual([1, 2, 5, 6, 5, 6]);
  });

  it('noise pictures have the sizes asked for and are all different', async () => {
    const run = program((key: Tensor) => randomNoise(key, 2, [4, 8, 8]));
    const [a, b, c] = await run(new NDArray(Uint32Array.of(1, 2), [2], 'uint32'));
    await run.release();
    expect([a, b, c].map((n) => n!.shape)).toEqual([
      [2, 1, 4, 4],
      [2, 1, 8, 8],
      [2, 1, 8, 8],
    ]);
    expect(b!.data).not.toEqual(c!.data);
  });
});

describe('Discriminator', () => {
  it('judges batches side by side as one after the other', async () => {
    const judge = made(() => new Discriminator(CONFIG));
    const [a, b] = [r([4, 3, 16, 16], 1), r([4, 3, 16, 16], 2)];
    const one = (x: NDArray) => evaluate((t) => judge.forward(t), x);
    const both = await evaluate((s, t) => judge.forward(concat([s, t]), 2), a, b);
    const expected = [...(await one(a)).data, ...(await one(b)).data].map(Number);
    for (const [i, v] of both.data.entries()) expect(Number(v)).toBeCloseTo(expected[i]!, 5);
    // Together they are other groups.
    const mixed = await evaluate((s, t) => judge.forward(concat([s, t])), a, b);
    expect(Number(mixed.data[0])).not.toBeCloseTo(expected[0]!, 5);
  });

  it('refuses batches that do not divide into groups', async () => {
    const judge = made(() => new Discriminator(CONFIG));
    const six = evaluate((t) => judge.forward(t), r([6, 3, 16, 16], 1));
    await expect(six).rejects.toThrow('a batch of 6 does not divide into groups of 4');
  });

  it('gradients of first and second order by pictures', async () => {
    const judge = made(() => new Discriminator(tiny));
    await checkGradients((x) => judge.forward(x), [r([2, 3, 8, 8], 3)], { second: true, step: 3e-3 });
  });
});

const STEP = 1e-3;
/** Compares gradients of a penalty by some parameters, element by element, with central differences. */
async function checkPenalty(
  network: Generator | Discriminator,
  names: readonly string[],
  penalty: (x: Tensor) => Tensor,
  input: NDArray,
): Promise<void> {
  const parameters = names.map((name) => network.namedParameters().get(name)!);
  const value = program((x: Tensor) => penalty(x));
  const gradients = program((x: Tensor) => grad(penalty(x), parameters));
  const found = await gradients(input);
  for (const [i, parameter] of parameters.entries()) {
    const start = parameter.value.copy();
    const scale = Math.max(...Array.from(found[i]!.data, (g) => Math.abs(Number(g))));
    expect(scale).toBeGreaterThan(0);
    for (let j = 0; j < Math.min(start.size, 12); j++) {
      const at = async (offset: number) => {
        const data = Float32Array.from(start.data, Number);
        data[j]! += offset;
        parameter.value = new NDArray(data, start.shape, 'float32');
        return (await value(input)).item();
      };
      // A longer step would cross the kinks of rectifiers, at which the penalty jumps.
      const numeric = ((await at(STEP)) - (await at(-STEP))) / (2 * STEP);
      expect(Math.abs(numeric - Number(found[i]!.data[j])) / scale, `${names[i]} ${j}`).toBeLessThan(2e-2);
    }
    parameter.value = start;
  }
  await value.release();
  await gradients.release();
}

describe('penalties on gradients have gradients', () => {
  it('R1', async () => {
    const judge = made(() => new Discriminator(tiny));
    const names = [
      'convs.0.0.weight',
      'convs.1.conv1.0.weight',
      'convs.1.skip.1.weight',
      'final_linear.1.weight',
    ];
    await checkPenalty(judge, names, (x) => gradientPenalty(judge.forward(x), x), r([2, 3, 8, 8], 3));
  });

  it('path lengths, through the running mean too', async () => {
    const generator = made(() => new Generator(tiny));
    const names = ['conv1.conv.weight', 'convs.0.conv.modulation.weight', 'to_rgbs.0.conv.weight'];
    const noise = new Random(3).normalArray([2, 3, 8, 8]);
    const penalty = (w: Tensor) => pathPenalty(generator.synthesize(w).image, w, noise, 0.1, 0.5).penalty;
    await checkPenalty(generator, names, penalty, r([2, 4, 3], 3));
  });
});

describe('Synthesizer', () => {
  const synthesizer = made(() => new Synthesizer({ generator: new Generator(CONFIG) }));

  it('renders w as w+ of equal rows', async () => {
    const w = await synthesizer.sample(3, { seed: 1 });
    const rows = (await evaluate((t) => repeatRows(t, 6), w)) as NDArray;
    expect(await synthesizer.render(w)).toEqual(await synthesizer.render(rows));
    await expect(synthesizer.render(r([1, 5, 8], 1))).rejects.toThrow('[1, 5, 8] are no latents');
  });

  it('truncates towards the mean', async () => {
    const mean = await synthesizer.meanLatent();
    const [none, all] = [await synthesizer.sample(1, { truncation: 0 }), await synthesizer.sample(1)];
    expect([...none.data]).toEqual([...mean.data].map(Number));
    const half = await synthesizer.sample(1, { truncation: 0.5 });
    for (const [i, v] of half.data.entries()) expect(v).toBeCloseTo((none.data[i]! + all.data[i]!) / 2, 6);
  });

  it('is saved and loaded with the mean', async () => {
    const again = Synthesizer.fromBytes(await synthesizer.save());
    expect(await again.meanLatent()).toEqual(await synthesizer.meanLatent());
    const w = r([1, 8], 4);
    expect(await again.render(w)).toEqual(await synthesizer.render(w));
    await again.release();
  });

  it('is exported as ONNX for any number of pictures', async () => {
    const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof import('onnxruntime-node');
    const session = await ort.InferenceSession.create(await synthesizer.export());
    const latents = r([2, 6, 8], 5);
    const feeds = { latents: new ort.Tensor('float32', latents.data as Float32Array, latents.shape) };
    const { image } = await session.run(feeds);
    const expected = await synthesizer.render(latents);
    expect(image!.dims).toEqual([2, 3, 16, 16]);
    const worst = expected.data.reduce((m, v, i) => Math.max(m, Math.abs(v - Number(image!.data[i]))), 0);
    expect(worst).toBeLessThan(1e-4);
    await session.release();
  });

  it('turns -1 to 1 into levels', () => {
    const [image] = toImages(new NDArray(Float32Array.of(-2, 1, 0, -1, 0.5, 3), [1, 3, 1, 2], 'float32'));
    expect([...image!.data]).toEqual([0, 128, 191, 255, 0, 255]);
  });
});
