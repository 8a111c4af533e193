import { Generator as Random } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { expect, it } from 'vitest';
import { FACES } from './attributes.js';
import { Editor } from './editor.js';
import { Estimator } from './estimator/model.js';
import { Flow } from './flow/flow.js';
import { Observer } from './observer.js';
import { CodeEditor } from './session.js';
import { Generator } from './stylegan2/generator.js';
import { Synthesizer } from './stylegan2/synthesizer.js';

it('finds codes that make a picture of the generator again', { timeout: 60_000 }, async () => {
  manualSeed(2);
  const generator = new Generator({
    size: 16,
    styleDim: 8,
    mappingLayers: 2,
    mappingRate: 0.01,
    channels: { 4: 16, 8: 16, 16: 8 },
    blurKernel: [1, 3, 3, 1],
  });
  const estimator = new Estimator({ size: 16, channels: [8, 16], outFeatures: 17 });
  const flow = new Flow({ dimension: 8, hidden: [8], contextFeatures: 17, numBlocks: 1 });
  const editor = new Editor({
    synthesizer: new Synthesizer({ generator }),
    observer: new Observer(estimator, FACES),
    codes: new CodeEditor(flow, FACES),
  });
  const [code] = await editor.sample(1, { seed: 3, truncation: 1 });
  const [picture] = await editor.render([code!]);
  const [first] = await editor.render([new Random(9).normalArray(code!.shape)]);
  const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Array.from(a).reduce((sum, v, i) => sum + ((v - b[i]!) / 127.5) ** 2, 0) / a.length;
  const { code: found, error } = await editor.project(picture!, { steps: 150 });
  const [again] = await editor.render([found]);
  await editor.release();
  expect(error).toBeLessThan(0.05 * apart(picture!.data, first!.data));
  expect(apart(again!.data, picture!.data)).toBeLessThan(2 * error + 1e-4);
});
