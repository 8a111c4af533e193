import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  mean,
  NDArray,
  program,
  Generator as Random,
  randomKey,
  type Tensor,
  variance,
  zeros,
} from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { Run } from '@sextant/train';
import { afterAll, describe, expect, it } from 'vitest';
import { Estimator } from '../estimator/model.js';
import { readEncoder } from '../load.js';
import { Generator } from '../stylegan2/generator.js';
import { Synthesizer } from '../stylegan2/synthesizer.js';
import { drawCodes } from './codes.js';
import { configureEncoder, type EncoderTrainConfig, EncoderTrainSchema } from './config.js';
import { PictureEncoder } from './infer.js';
import { Encoder } from './model.js';
import { trainEncoder } from './train.js';
import { decodeEncoder, encodeEncoder, encoderOf } from './weights.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-encoder-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SIZE = 8;
manualSeed(2);
const generator = new Generator({
  size: SIZE,
  styleDim: 6,
  mappingLayers: 2,
  mappingRate: 0.01,
  channels: { 4: 16, 8: 8 },
  blurKernel: [1, 3, 3, 1],
});
const synthesizer = new Synthesizer({ generator });
const estimator = new Estimator({ size: SIZE, channels: [8], outFeatures: 17 });

const CONFIG: EncoderTrainConfig = {
  ...configureEncoder('small', generator.config),
  generator: 'generator',
  estimator: 'estimator',
  seed: 1,
  steps: 120,
  batchSize: 16,
  learningRate: 1e-2,
  heldOut: 32,
  logEvery: 20,
  checkpointEvery: 60,
  validateEvery: 60,
};

const lines = (run: string) => readFileSync(join(folder, run, 'metrics.jsonl'), 'utf8');

describe('an encoder', { timeout: 120_000 }, () => {
  it('learns to find codes, and goes on where it was stopped', async () => {
    const whole = await Run.create(join(folder, 'whole'), EncoderTrainSchema, CONFIG);
    const { result } = await trainEncoder({ run: whole, synthesizer, estimator });
    await whole.close();
    expect(result.best?.metric).toBe('pixels');

    const stop = new AbortController();
    const stopped = await Run.create(join(folder, 'stopped'), EncoderTrainSchema, CONFIG);
    await trainEncoder({
      run: stopped,
      synthesizer,
      estimator,
      signal: stop.signal,
      onProgress: ({ step }) => step === 70 && stop.abort(),
    });
    await stopped.close();
    const resumed = await Run.resume(join(folder, 'stopped'), EncoderTrainSchema);
    await trainEncoder({ run: resumed, synthesizer, estimator });
    await resumed.close();
    expect(lines('stopped')).toBe(lines('whole'));

    // Held-out codes are found better than by guessing their mean: of truncations from 0.5 to 1 that misses them by 0.58 squared deviations.
    const { pixels, latent } = JSON.parse(lines('whole').trim().split('\n').at(-1)!);
    expect(pixels).toBeLessThan(0.2 * (await errorOfMean()));
    expect(latent).toBeLessThan(0.45);
  });

  it('is kept in a file, and told codes of any number of pictures', async () => {
    const weights = await readEncoder(join(folder, 'whole'));
    const [ofRun, ofFile] = [weights, decodeEncoder(encodeEncoder(weights))].map(
      (from) => new PictureEncoder(encoderOf(from)),
    ) as [PictureEncoder, PictureEncoder];
    const pictures = await synthesizer.images(await synthesizer.sample(3, { seed: 5 }));
    const codes = await ofRun.encode(pictures);
    expect(codes.map(({ shape }) => shape)).toEqual(new Array(3).fill([4, 6]));
    expect(await ofFile.encode(pictures)).toEqual(codes);
    await ofRun.release();
    await ofFile.release();
  });

  it('begins at the mean code', async () => {
    const encoder = new Encoder(CONFIG.encoder);
    const centre = new Random(4).normalArray([6]);
    encoder.latent_mean.value = centre;
    const told = program((x: Tensor) => encoder.eval((e) => e.forward(x)));
    const code = await told(new Random(5).normalArray([1, 3, SIZE, SIZE]));
    await told.release();
    for (const [i, value] of code.data.entries()) expect(value).toBeCloseTo(centre.data[i % 6]!, 5);
  });

  it.each([
    [{ size: 16 }, /pictures of 16, the generator's have 4 of 6 for 8/],
    [{ styleDim: 7 }, /4 rows of 7/],
  ])('refuses %j for this generator', async (change, message) => {
    const run = await Run.create(join(folder, JSON.stringify(change)), EncoderTrainSchema, {
      ...CONFIG,
      encoder: { ...CONFIG.encoder, ...change },
    });
    await expect(trainEncoder({ run, synthesizer, estimator })).rejects.toThrow(message);
    await run.close();
  });
});

it('draws codes of W, and such whose rows are of two', async () => {
  for (const [mixing, alike] of [
    [0, true],
    [1, false],
  ] as const) {
    const spread = program(() => {
      const codes = drawCodes(generator, zeros([6]), 64, randomKey(3), { truncation: [0.5, 1], mixing });
      return mean(variance(codes, { axes: 1 }));
    });
    const value = (await spread()).item();
    await spread.release();
    if (alike) expect(value).toBeLessThan(1e-12);
    else expect(value).toBeGreaterThan(1e-3);
  }
});

/** Mean squared error of the mean code's picture for others of the generator. */
async function errorOfMean(): Promise<number> {
  const pictures = (await synthesizer.render(await synthesizer.sample(256, { seed: 9 }))).data;
  const centre = (await synthesizer.meanLatent()).data;
  const middle = (await synthesizer.render(new NDArray(centre, [1, 6], 'float32'))).data;
  return pictures.reduce((sum, v, i) => sum + (v - middle[i % middle.length]!) ** 2, 0) / pictures.length;
}
