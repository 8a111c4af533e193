import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { InputError } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, variables } from '../test/support.js';
import type { CheckpointInfo } from './checkpoint.js';
import { CheckpointFolder, checkpointPath } from './checkpoint-folder.js';

const path = temporaryFolder();
const state = { model: variables({ w: [1, 2, 3] }) };

const info = (step: number, bestStep?: number): CheckpointInfo => ({
  sextant: '0.1.0',
  config: 'c',
  step,
  best: bestStep === undefined ? undefined : { metric: 'loss', value: 1 / bestStep, step: bestStep },
  averages: [],
});

async function folder(name: string, keep?: number): Promise<CheckpointFolder> {
  await mkdir(path(`${name}/checkpoints`), { recursive: true });
  return new CheckpointFolder(path(`${name}/checkpoints`), keep);
}

describe('CheckpointFolder', () => {
  it('keeps the newest and the best, and points to them', async () => {
    const checkpoints = await folder('keeps', 2);
    const bests = [1, 2, 2, 2, 2];
    for (const [i, best] of bests.entries()) await checkpoints.save(state, info(i + 1, best));
    expect((await readdir(checkpoints.folder)).sort()).toEqual([
      'best',
      'latest',
      'step-00000002.safetensors',
      'step-00000004.safetensors',
      'step-00000005.safetensors',
    ]);
    expect(await readFile(path('keeps/checkpoints/latest'), 'utf8')).toBe('step-00000005.safetensors\n');
    expect(await checkpointPath(path('keeps'), 'best')).toBe(checkpoints.path(2));
    expect(await checkpointPath(path('keeps'), 'latest')).toBe(checkpoints.path(5));
    expect((await checkpoints.newest(() => {}))?.info.step).toBe(5);
  });

  it('has none at first', async () => {
    const checkpoints = await folder('none');
    expect(await checkpoints.newest(() => {})).toBeUndefined();
    for (const name of ['none', 'nowhere']) {
      await expect(checkpointPath(path(name), 'latest')).rejects.toThrow(
        new InputError(`${path(name)} has no checkpoint yet: train until one is written`),
      );
      await expect(checkpointPath(path(name), 'best')).rejects.toThrow(
        new InputError(`${path(name)} has no checkpoint that was validated yet: train until one is written`),
      );
    }
    expect(await new CheckpointFolder(path('nowhere/checkpoints')).newest(() => {})).toBeUndefined();
  });

  it('falls back behind damaged ones, says so, and sets them aside', async () => {
    const checkpoints = await folder('damaged');
    await checkpoints.save(state, info(1, 1));
    await checkpoints.save(state, info(2, 2));
    await checkpoints.save(state, info(3, 3));
    const flipped = await readFile(checkpoints.path(2));
    flipped[flipped.length - 1]! ^= 1;
    await writeFile(checkpoints.path(2), flipped);
    await truncate(checkpoints.path(3), 100);
    const lines: string[] = [];
    const found = await checkpoints.newest((line) => lines.push(line));
    expect(found?.info.step).toBe(1);
    expect(lines).toEqual([
      `${checkpoints.path(3)}: it is damaged: its content does not match its checksum; using the checkpoint before it`,
      `${checkpoints.path(2)}: it is damaged: its content does not match its checksum; using the checkpoint before it`,
    ]);
    expect(await checkpointPath(path('damaged'), 'latest')).toBe(checkpoints.path(1));
    expect(await checkpointPath(path('damaged'), 'best')).toBe(checkpoints.path(1));
    expect((await readdir(checkpoints.folder)).filter((name) => name.endsWith('.damaged'))).toHaveLength(2);
  });

  it('refuses, again and again, when all are damaged', async () => {
    const checkpoints = await folder('all');
    await checkpoints.save(state, info(1));
    await truncate(checkpoints.path(1), 0);
    for (let time = 0; time < 2; time++) {
      await expect(checkpoints.newest(() => {})).rejects.toThrow('every checkpoint is damaged');
    }
  });

  it('removes what killed writes left', async () => {
    const checkpoints = await folder('left');
    await checkpoints.save(state, info(1));
    await writeFile(path('left/checkpoints/.step-00000002.safetensors.0a1b2c.tmp'), 'half');
    await checkpoints.removeLeftovers();
    expect((await readdir(checkpoints.folder)).sort()).toEqual(['latest', 'step-00000001.safetensors']);
  });
});
