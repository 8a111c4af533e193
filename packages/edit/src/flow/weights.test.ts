import { encodePyTorch } from '@sextant/io';
import { manualSeed } from '@sextant/nn';
import { expect, it } from 'vitest';
import { FACES } from '../attributes.js';
import { Flow } from './flow.js';
import { decodeFlow, encodeFlow, flowOf, importFlow } from './weights.js';

manualSeed(1);
const flow = new Flow({ dimension: 6, hidden: [5, 4], contextFeatures: 17, numBlocks: 2 });

it("tells a checkpoint's flow by its arrays, and keeps it in a file of ours", () => {
  const imported = importFlow(encodePyTorch(flow.stateDict()), FACES);
  expect(imported.config.flow).toEqual(flow.config);
  const read = decodeFlow(encodeFlow(imported));
  expect(read.config).toEqual(imported.config);
  expect(flowOf(read).stateDict()).toEqual(flow.stateDict());
});

it('refuses what is no flow, or one of other attributes', () => {
  const other = new Flow({ ...flow.config, contextFeatures: 12 });
  expect(() => importFlow(encodePyTorch(other.stateDict()), FACES)).toThrow(
    /conditioned on 12 numbers, the table of attributes has 17/,
  );
  expect(() =>
    importFlow(encodePyTorch(new Map([['a', flow.stateDict().get('chain.0.bias')!]])), FACES),
  ).toThrow(/it holds no flow/);
  const config = { flow: { ...flow.config, hidden: [5, 5] }, table: FACES };
  expect(() => flowOf({ config, state: flow.stateDict() })).toThrow(/not weights of the flow/);
});
