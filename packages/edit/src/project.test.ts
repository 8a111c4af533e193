import { Generator as Random } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { afterAll, expect, it } from 'vitest';
import { FACES } from './attributes.js';
import { Editor, type EditorParts } from './editor.js';
import { PictureEncoder } from './encoder/infer.js';
import { Encoder } from './encoder/model.js';
import { Estimator } from './estimator/model.js';
import { Flow } from './flow/flow.js';
import { Observer } from './observer.js';
import { Yardstick } from './resemblance.js';
import { CodeEditor } from './session.js';
import { Generator } from './stylegan2/generator.js';
import { Synthesizer } from './stylegan2/synthesizer.js';

manualSeed(2);
const generator = new Generator({
  size: 16,
  styleDim: 8,
  mappingLayers: 2,
  mappingRate: 0.01,
  channels: { 4: 16, 8: 16, 16: 8 },
  blurKernel: [1, 3, 3, 1],
});
const synthesizer = new Synthesizer({ generator });
const estimator = new Estimator({ size: 16, channels: [8, 16], outFeatures: 17 });
const flow = new Flow({ dimension: 8, hidden: [8], contextFeatures: 17, numBlocks: 1 });
const parts: EditorParts = {
  synthesizer,
  observer: new Observer(estimator, FACES),
  codes: new CodeEditor(flow, FACES),
};
const editor = new Editor(parts);
afterAll(() => editor.release());

it('finds codes that make a picture of the generator again', { timeout: 60_000 }, async () => {
  const [code] = await editor.sample(1, { seed: 3, truncation: 1 });
  const [picture] = await editor.render([code!]);
  const [first] = await editor.render([new Random(9).normalArray(code!.shape)]);
  const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Array.from(a).reduce((sum, v, i) => sum + ((v - b[i]!) / 127.5) ** 2, 0) / a.length;
  const { code: found, error } = await editor.project(picture!, { steps: 150 });
  const [again] = await editor.render([found]);
  expect(error).toBeLessThan(0.05 * apart(picture!.data, first!.data));
  expect(apart(again!.data, picture!.data)).toBeCloseTo(error, 8);
});

it('begins at the code of an encoder', async () => {
  const encoder = new Encoder({ size: 16, channels: [8], hidden: 8, rows: 6, styleDim: 8 });
  encoder.latent_mean.value = new Random(4).normalArray([8]);
  const beside = new Editor({ ...parts, encoder: new PictureEncoder(encoder) });
  const [picture] = await beside.render(await beside.sample(1));
  const { code } = await beside.nearest(picture!);
  const { code: found } = await beside.project(picture!, { steps: 0 });
  await beside.parts.encoder!.release();
  expect(found.data).toEqual(code.data);
  expect(found.shape).toEqual([6, 8]);
});

it('takes an encoder of its generator only', () => {
  const other = new Encoder({ size: 16, channels: [8], hidden: 8, rows: 6, styleDim: 9 });
  expect(() => new Editor({ ...parts, encoder: new PictureEncoder(other) })).toThrow(
    /6 rows of 9 for pictures of 16, the generator's have 6 of 8/,
  );
});

it('finds the nearest code in W', { timeout: 60_000 }, async () => {
  const [wanted] = await editor.sample(1, { seed: 3, truncation: 1 });
  const [picture] = await editor.render([wanted!]);
  const { code, strangeness } = await editor.nearest(picture!);
  const rows = Array.from({ length: 6 }, (_, i) => code.data.slice(8 * i, 8 * i + 8));
  expect(rows).toEqual(new Array(6).fill(rows[0]));
  expect(strangeness).toBeLessThan(0.5 * editor.strangest);
});

it('tells pictures of the generator from others', async () => {
  const [code] = await editor.sample(1, { seed: 3, truncation: 1 });
  const [picture] = await editor.render([code!]);
  const yardstick = new Yardstick(synthesizer);
  expect(await yardstick.measure(picture!, code!)).toEqual({ error: 0, strangeness: 0 });
  const random = new Random(1);
  const noise = { ...picture!, data: picture!.data.map(() => 255 * random.uniform(0, 1)) };
  expect((await yardstick.measure(noise, code!)).strangeness).toBeGreaterThan(1);
  // One colour, the mean of a picture's: near in pixels, and nothing of what is in the picture.
  const middle = picture!.data.reduce((a, b) => a + b, 0) / picture!.data.length;
  const blank = { ...picture!, data: picture!.data.map(() => middle) };
  expect((await yardstick.measure(blank, code!)).strangeness).toBeGreaterThan(100);
});
