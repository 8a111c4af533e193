import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { NDArray } from '@sextant/engine';
import { seededRandom } from '@sextant/engine/testing';
import { encodeWav, readSafetensors } from '@sextant/io';
import { exportVocoder, Generator, PRESETS, TACOTRON_MEL, Vocoder } from '@sextant/vocoder';
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

  it('takes DIR, --steps and --batch-size with --resume, and says so', () => {
    const changes = [at('clips'), '--steps', '48', '--batch-size', '9'];
    const { status, stderr } = run('-o', at('unbroken'), '--resume', ...changes);
    expect(status).toBe(0);
    expect(stderr.split('\n')).toEqual([
      `${at('unbroken/config.json')}: data is now ${at('clips')}, steps is now 48, batchSize is now 9`,
      'batchSize 9 is more than the 3 clips to train on: a step takes 3 segments',
      'config.json has changed since step 46: from here on the new one counts',
      `Continuing ${at('unbroken')} after step 46`,
      '',
    ]);
    const config = JSON.parse(readFileSync(at('unbroken/config.json'), 'utf8'));
    expect(config).toMatchObject({ data: at('clips'), steps: 48, batchSize: 9 });
    expect(existsSync(at('unbroken/checkpoints/step-00000048.safetensors'))).toBe(true);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('saves on %s and exits with %i', async (signal, code) => {
    const args = [at('clips'), '-o', at(signal), '--preset', 'tiny', '--steps', '1000000'];
    const child = spawn(process.execPath, train(...args), { stdio: 'ignore' });
    await until(child, () => existsSync(at(`${signal}/checkpoints/latest`)));
    child.kill(signal);
    expect(await new Promise((ended) => child.once('exit', ended))).toBe(code);
    expect(existsSync(at(`${signal}/lock`))).toBe(false);
  });

  it("begins with a generator's weights, of its size and for its spectrogram", async () => {
    // As of seungwonpark's checkpoints: another front-end, with centred frames.
    const config = { ...PRESETS.tiny.generator, ngf: 2, inputShift: 5, inputScale: 1 / 5 };
    const vocoder = new Vocoder({ generator: new Generator(config), mel: TACOTRON_MEL });
    await exportVocoder(vocoder, at('init.pt'));
    const args = [at('clips'), '-o', at('tuned'), '--preset', 'tiny', '--steps', '1'];
    expect(run(...args, '--init', at('init.pt'))).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(readFileSync(at('tuned/config.json'), 'utf8'))).toMatchObject({
      init: at('init.pt'),
      generator: config,
      mel: TACOTRON_MEL,
    });
    const { tensors } = await readSafetensors(at('tuned/checkpoints/step-00000001.safetensors'));
    const rate = PRESETS.tiny.optimizer.learningRate;
    for (const [name, { data }] of vocoder.generator.stateDict()) {
      const tuned = tensors.get(`generator/${name}`)!.data;
      // Adam's first step moves no weight by more than the rate.
      const largest = Math.max(...Array.from(data, (v, i) => Math.abs(Number(tuned[i]) - Number(v))));
      expect(largest, name).toBeLessThan(1.01 * rate);
    }
  });

  it.each(['--seed', '--preset', '--init'])('refuses %s with --resume', (option) => {
    const value = { '--seed': '1', '--preset': 'small', '--init': 'x.pt' }[option]!;
    const { status, stderr } = run('-o', at('unbroken'), '--resume', option, value);
    expect(status).toBe(2);
    expect(stderr).toMatch(new RegExp(`option '${option} .*' cannot be used with option '--resume'`));
  });

  it.each<[string, () => string[], RegExp]>([
    ['no folder', () => ['-o', at('r0')], /DIR is missing/],
    ['a folder of nothing', () => [folder, '-o', at('r1')], /subfolders are not searched.*clips holds some/],
    ['a folder that is not there', () => [at('nowhere'), '-o', at('r2')], /cannot read the folder .*nowhere/],
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
    for (const name of ['r0', 'r1', 'r2', 'r3', 'r4']) expect(existsSync(at(name))).toBe(false);
  });
});
