import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { NDArray } from '@sextant/engine';
import { seededRandom } from '@sextant/engine/testing';
import { encodeWav, readSafetensors } from '@sextant/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The command as installed: these tests run on the build.
const BIN = fileURLToPath(new URL('../bin/sextant.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sextant-train-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const train = (...args: string[]) => [BIN, 'vocoder', 'train', ...args, '--quiet'];
const run = (...args: string[]) => spawnSync(process.execPath, train(...args), { encoding: 'utf8' });
/** The paper's losses come in at step 40 of the tiny preset: they are part of what is resumed. */
const fresh = (name: string) => [at('clips'), '-o', at(name), '--preset', 'tiny', '--steps', '46'];

beforeAll(() => {
  mkdirSync(at('clips'));
  for (let clip = 0; clip < 5; clip++) {
    const random = seededRandom(clip);
    const data = Float32Array.from(
      { length: 12_000 },
      (_, i) => 0.3 * Math.sin(i * 0.02 * (clip + 1)) + 0.05 * random(),
    );
    writeFileSync(
      at(`clips/${clip}.wav`),
      encodeWav({ samples: new NDArray(data, [12_000, 1], 'float32'), sampleRate: 22_050 }),
    );
  }
});

/** Waits until a file satisfies a condition, or the process has ended. */
async function until(child: ChildProcess, condition: () => boolean): Promise<void> {
  while (!condition() && child.exitCode === null) await setTimeout(5);
}

describe('vocoder train', { timeout: 240_000 }, () => {
  it('killed and resumed, it leaves what an unbroken run leaves', async () => {
    expect(run(...fresh('unbroken'))).toMatchObject({ status: 0, stderr: '' });
    const metrics = (name: string) =>
      existsSync(at(`${name}/metrics.jsonl`)) ? readFileSync(at(`${name}/metrics.jsonl`), 'utf8') : '';
    for (const place of ['"step":20,"split":"validation"', '"step":40,"split":"train"']) {
      const args = metrics('killed') === '' ? fresh('killed') : ['-o', at('killed'), '--resume'];
      const child = spawn(process.execPath, train(...args), { stdio: 'ignore' });
      await until(child, () => metrics('killed').includes(place));
      child.kill('SIGKILL');
      await new Promise((ended) =>
        child.exitCode === null && child.signalCode === null ? child.once('exit', ended) : ended(0),
      );
      expect(child.signalCode).toBe('SIGKILL');
    }
    expect(run('-o', at('killed'), '--resume').status).toBe(0);
    expect(metrics('killed')).toBe(metrics('unbroken'));
    expect(metrics('killed')).toContain('"lossD"');
    const last = (name: string) => readSafetensors(at(`${name}/checkpoints/step-00000046.safetensors`));
    const [killed, unbroken] = await Promise.all([last('killed'), last('unbroken')]);
    expect([...killed.tensors.keys()]).toEqual([...unbroken.tensors.keys()]);
    for (const [name, { data }] of unbroken.tensors)
      expect(killed.tensors.get(name)!.data, name).toEqual(data);
  });
  it.each<[string, () => string[], RegExp]>([
    ['a folder of nothing', () => [folder, '-o', at('r1')], /holds no audio files/],
    ['a folder that is not there', () => [at('nowhere'), '-o', at('r2')], /nowhere/],
    ['a run that exists', () => fresh('unbroken'), /holds a training run already: continue it with --resume/],
    ['a run that does not', () => ['-o', at('r3'), '--resume'], /holds no training run/],
    [
      'too few clips',
      () => [at('clips'), '-o', at('r4'), '--preset', 'paper'],
      /5 clips: too few to keep 10 for validation/,
    ],
  ])('%s: one line, exit 1', (_, args, message) => {
    const { status, stderr } = run(...args());
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
