import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NDArray } from '@sextant/engine';
import { writePyTorch } from '@sextant/io';
import { afterAll, expect, it } from 'vitest';
import { settled, TOY, TOY_OPTIONS } from '../test/toy.js';
import { officialVariables } from './import.js';
import { importOfficial } from './official.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-avatar-official-'));
afterAll(() => rmSync(folder, { recursive: true }));

const OPTIONS = {
  ...TOY_OPTIONS,
  pse_use_harmonic_enc: 'True',
  eps: 1e-7,
  some_option_of_the_trainer: 'mean, max',
};

const args = (path: string, options: object) =>
  writeFileSync(
    path,
    Object.entries(options)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
  );

it("reads the authors' files, the newest of each network, with the enhancer's experiment", async () => {
  const networks = await settled({ enhancer: true });
  const base = join(folder, 'base', 'checkpoints');
  const other = join(folder, 'enhancer');
  mkdirSync(base, { recursive: true });
  mkdirSync(other);
  const files = new Map<string, Map<string, NDArray>>();
  for (const [name, { value }] of officialVariables(networks)) {
    const [network, ...rest] = name.split('.') as [string, ...string[]];
    const own = files.get(network) ?? new Map<string, NDArray>();
    files.set(network, own.set(rest.join('.'), value));
  }
  for (const [network, state] of files) {
    const place = network === 'texture_enhancer' ? other : base;
    await writePyTorch(join(place, `9_${network}.pth`), new Map());
    await writePyTorch(join(place, `25_${network}.pth`), state);
    await writePyTorch(join(place, `25_opt_${network}.pth`), new Map());
  }
  args(join(folder, 'base', 'args.txt'), OPTIONS);

  const { weights } = await importOfficial([join(folder, 'base'), other]);
  expect(weights.config).toEqual({ networks: TOY, enhancer: true });
  for (const [path, value] of networks.stateDict())
    expect(weights.state.get(path)!.data, path).toEqual(value.data);

  const alone = await importOfficial([base]);
  expect(alone.weights.config.enhancer).toBe(false);
  expect([...alone.weights.state.keys()].some((path) => path.startsWith('texture_enhancer'))).toBe(false);

  await expect(importOfficial([other])).rejects.toThrow(/there is no EPOCH_identity_embedder.pth in/);
  args(join(folder, 'base', 'args.txt'), { ...OPTIONS, inf_num_channels: 4, inf_max_channels: 8 });
  await expect(importOfficial([base])).rejects.toThrow(/the networks are not those of the options/);
  args(join(folder, 'base', 'args.txt'), { ...OPTIONS, inf_norm_layer_type: 'ada_in' });
  await expect(importOfficial([base])).rejects.toThrow(/args.txt: inf_norm_layer_type/);
});
