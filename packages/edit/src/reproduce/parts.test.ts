import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figures, Job, Part } from '@sextant/experiment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FLOW_PRESETS } from '../flow/presets.js';
import { blocks } from './blocks.js';
import { chain } from './chain.js';
import { disentanglement } from './disentanglement.js';

const data = mkdtempSync(join(tmpdir(), 'sextant-edit-parts-'));
beforeAll(() => {
  for (const part of ['generator', 'estimator', 'flow'])
    writeFileSync(join(data, `${part}.safetensors`), part);
  mkdirSync(join(data, 'codes'));
  writeFileSync(join(data, 'codes/latents.npy'), 'codes');
});
afterAll(() => rmSync(data, { recursive: true }));

const measured = (part: Part, figures: (job: Job) => Figures) =>
  part.jobs({ data, budget: 1 }).map((job) => ({ job, figures: figures(job) }));

it.each([
  ['blocks', blocks, 'codes'],
  ['chain', chain, 'generator'],
  ['disentanglement', disentanglement, 'generator'],
])('%s: says that the model is not there', (_, part, missing) => {
  expect(() => part.jobs({ data: '/nowhere', budget: 1 })).toThrow(
    `the model is not there: /nowhere/${missing}; make it as the README says, or give another folder with --data`,
  );
});

it('results belong to the model that they were measured on', () => {
  const settings = () => chain.jobs({ data, budget: 1 })[0]!.settings;
  const before = settings();
  expect(settings()).toEqual(before);
  writeFileSync(join(data, 'flow.safetensors'), 'another flow');
  const after = settings();
  expect(after).not.toEqual(before);
  expect({ ...after, flow: before.flow }).toEqual(before);
});

it('blocks: four flows, whose epochs the budget multiplies', () => {
  const epochs = (budget: number) => blocks.jobs({ data, budget }).map(({ settings }) => settings.epochs);
  expect(epochs(2)).toEqual(epochs(1).map((n) => 2 * n));
  expect(epochs(1)).toEqual(Array(4).fill(FLOW_PRESETS.small.epochs));
  const { rows, notes } = blocks.report(
    measured(blocks, () => ({ 'NLL, nats ↓': 12.345, 'train s': 60, gaussian: 20, linear: 15.5 })),
  );
  expect(rows.map(({ method }) => method)).toEqual([
    '1 block',
    '1 block, penalties',
    '4 blocks',
    '4 blocks, penalties',
  ]);
  expect(rows[0]).toEqual({ method: '1 block', seeds: 1, 'NLL, nats ↓': '12.35', 'train s': '60' });
  expect(notes![0]).toContain('20.00; about a linear regression on light and attributes: 15.50');
});

it('disentanglement: means are over what all methods obtained', () => {
  const { rows, notes, chart } = disentanglement.report(
    measured(disentanglement, ({ row, seed }) => ({
      'Age: response': 0.9,
      'Age: leakage at 1': 0.1 * seed,
      'Yaw: response': 0.8,
      ...(row !== 'components' && { 'Yaw: leakage at 1': 0.3 }),
    })),
  );
  expect(rows.map(({ method, edited }) => [method, edited]).slice(0, 4)).toEqual([
    ['StyleFlow', 'mean'],
    ['', 'Age'],
    ['', 'Yaw'],
    ['regression', 'mean'],
  ]);
  expect(rows[0]).toEqual({
    method: 'StyleFlow',
    edited: 'mean',
    response: '0.850 (0.850–0.850)',
    'leakage at 1': '0.200 (0.100–0.300)',
  });
  expect(rows[2]!['leakage at 1']).toBe('0.300 (0.300–0.300)');
  expect(rows[8]!['leakage at 1']).toBe('');
  expect(notes![0]).toContain('at 1 all but Yaw');
  expect(chart!.svg).toContain('regression');
});

it('chain: a line for every ten edits, and for the way back from there', () => {
  const { rows, chart } = chain.report(
    measured(chain, ({ seed }) => ({
      '10 edits: of the spread': seed,
      '10 edits, all back: of the spread': seed / 100,
    })),
  );
  expect(rows).toHaveLength(20);
  expect(rows[0]).toEqual({
    chains: 'tolerance 1e-5',
    after: '10 edits',
    'of the spread': '2.0000 (1.0000–3.0000)',
  });
  expect(rows[1]).toMatchObject({ chains: '', after: '10 edits, all back' });
  expect(chart!.svg).toContain('tolerance 1e-3, all back');
});
