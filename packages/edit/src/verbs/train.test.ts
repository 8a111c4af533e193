import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator as Random } from '@sextant/engine';
import { blank, writePng } from '@sextant/image';
import { writeNpy } from '@sextant/io';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FACES } from '../attributes.js';
import { Estimator } from '../estimator/model.js';
import { encodeEstimator } from '../estimator/weights.js';
import { Generator } from '../stylegan2/generator.js';
import { encodeGenerator } from '../stylegan2/weights.js';
import { writeAttributeTable } from '../tables.js';
import { trainEncoderCommand } from './train-encoder.js';
import { trainEstimatorCommand } from './train-estimator.js';
import { trainFlowCommand } from './train-flow.js';
import { trainGeneratorCommand } from './train-generator.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-edit-train-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const COUNT = 24;

beforeAll(async () => {
  const random = new Random(1);
  for (const name of ['pictures', 'codes']) {
    mkdirSync(at(name));
    await writeNpy(at(`${name}/light.npy`), random.normalArray([COUNT, 9]));
    await writeNpy(at(`${name}/attributes.npy`), random.normalArray([COUNT, 8]));
    await writeAttributeTable(at(name), FACES);
  }
  mkdirSync(at('bare'));
  await writeNpy(at('codes/latents.npy'), random.normalArray([COUNT, 1, 2, 4]));
  for (let i = 0; i < COUNT; i++) await writePng(at(`pictures/${i}.png`), blank(8, 8));
  // A table of one attribute less.
  writeFileSync(at('table.json'), JSON.stringify({ ...FACES, attributes: FACES.attributes.slice(1) }));

  const generator = new Generator({
    size: 8,
    styleDim: 4,
    mappingLayers: 1,
    mappingRate: 0.01,
    channels: { 4: 4, 8: 4 },
    blurKernel: [1, 3, 3, 1],
  });
  writeFileSync(at('generator.safetensors'), encodeGenerator({ generator }));
  const estimator = { size: 8, channels: [4], outFeatures: 17 };
  for (const [name, config, of] of [
    ['other-size', { ...estimator, size: 16 }, { ...estimator, size: 16 }],
    ['other-weights', estimator, { ...estimator, channels: [8] }],
  ] as const) {
    const state = new Estimator(of).stateDict();
    writeFileSync(
      at(`${name}.safetensors`),
      encodeEstimator({ config: { estimator: config, table: FACES }, state }),
    );
  }
});

const encoder = (estimator: string) => [
  '--generator',
  at('generator.safetensors'),
  '--estimator',
  at(`${estimator}.safetensors`),
];

it.each([
  [
    'a generator',
    trainGeneratorCommand,
    () => [at('pictures'), '--preset', 'small-32', '--batch-size', '32'],
    /24 items, which do not fill one batch of 32/,
  ],
  [
    'a generator',
    trainGeneratorCommand,
    () => [at('pictures'), '--preset', 'small-32', '--batch-size', '6'],
    /batchSize: must be a multiple of 4/,
  ],
  [
    'an estimator',
    trainEstimatorCommand,
    () => [at('pictures')],
    /23 pictures to train on do not fill a batch of 64/,
  ],
  [
    'an estimator',
    trainEstimatorCommand,
    () => [at('pictures'), '--table', at('table.json')],
    /8 attributes a row, the table has 7/,
  ],
  [
    'an estimator',
    trainEstimatorCommand,
    () => [at('bare')],
    /bare has no table.json, which tells the attributes: give --table faces, heads or a .json file/,
  ],
  ['a flow', trainFlowCommand, () => [at('codes')], /23 codes to train on do not fill a batch of 128/],
  [
    'a flow',
    trainFlowCommand,
    () => [at('codes'), '--table', at('table.json')],
    /with 17 of light and attributes; the flow takes 4 and 16/,
  ],
  [
    'an encoder',
    trainEncoderCommand,
    () => encoder('other-size'),
    /looks at pictures of 16, the generator makes 8/,
  ],
  ['an encoder', trainEncoderCommand, () => encoder('other-weights'), /not weights of the estimator/],
])('a training of %s that is refused makes no folder', async (_, command, args, message) => {
  const run = join(mkdtempSync(at('refused-')), 'run');
  const training = command().parseAsync([...args(), '-o', run, '--quiet'], { from: 'user' });
  await expect(training).rejects.toThrow(message);
  expect(existsSync(run)).toBe(false);
});
