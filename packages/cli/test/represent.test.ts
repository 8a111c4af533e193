import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Image, writePng } from '@sextant/image';
import { readNpy } from '@sextant/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The command as installed: these tests run on the build.
const BIN = fileURLToPath(new URL('../bin/sextant.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sextant-represent-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

function represent(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'represent', ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  return { status, out: stdout, err: stderr };
}

/** Stripes across or along, of some colour. */
function stripes(along: boolean, n: number): Image {
  const [width, height] = [36, 30];
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const place = along ? pixel % width : Math.floor(pixel / width);
    return (place + n) % 6 < 3 ? 40 * channel + 7 * n : 250 - 10 * n;
  });
  return { width, height, data };
}

const PER_CLASS = 20;
const TRAIN = ['--method', 'contrastive', '--batch-size', '16', '--quiet'];

beforeAll(async () => {
  for (const [name, along] of [
    ['across', false],
    ['along', true],
  ] as const) {
    mkdirSync(at(`pictures/${name}`), { recursive: true });
    for (let i = 0; i < PER_CLASS; i++) await writePng(at(`pictures/${name}/${i}.png`), stripes(along, i));
  }
  writeFileSync(at('pictures/along/broken.png'), readFileSync(at('pictures/along/0.png')).subarray(0, 60));
  writeFileSync(at('pictures/notes.txt'), 'no picture');
  const trained = represent('train', 'pictures', '-o', 'run', '--epochs', '1', ...TRAIN);
  expect(trained.err).toMatch(/broken\.png: .*PNG/);
  expect(trained.status).toBe(0);
}, 120_000);

describe('sextant represent', () => {
  it('continues a run for more epochs', () => {
    const { status, out, err } = represent(
      'train',
      '--resume',
      '-o',
      'run',
      '--epochs',
      '2',
      '--quiet',
      '--json',
    );
    expect(err).not.toMatch(/error/i);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ step: 4, finished: true });
  });

  it('embeds, counts what cannot be read, and searches', async () => {
    const { status, err } = represent('embed', 'pictures', '--weights', 'run', '-o', 'vectors.npy');
    expect(status).toBe(0);
    expect(err).toContain('left out: along/broken.png');
    expect((await readNpy(at('vectors.npy'))).shape).toEqual([2 * PER_CLASS, 128]);
    const query = ['search', 'pictures/along/3.png', '--in', 'vectors.npy', '--weights', 'run', '--k', '3'];
    const found = represent(...query, '--pictures', 'pictures', '-o', 'sheet.png', '--json');
    expect(found.status).toBe(0);
    const [{ hits }] = JSON.parse(found.out);
    expect(hits[0]).toMatchObject({ name: 'along/3.png', label: 'along' });
    expect(hits).toHaveLength(3);
    expect(existsSync(at('sheet.png'))).toBe(true);
    // The weights that come with Sextant give vectors of the same width.
    const others = ['search', 'pictures/along/3.png', '--in', 'vectors.npy', '--pictures', 'pictures'];
    expect(represent(...others, '-o', 'wrong.png').err).toMatch(
      /vectors\.npy: these weights give .* another/,
    );
    expect(existsSync(at('wrong.png'))).toBe(false);
  });

  it('maps, as a page and as a chart', () => {
    for (const file of ['map.html', 'map.svg'])
      expect(represent('map', 'pictures', '--weights', 'run', '-o', file).status).toBe(0);
    expect(readFileSync(at('map.html'), 'utf8')).toContain('data:image/jpeg;base64,');
    expect(readFileSync(at('map.svg'), 'utf8')).not.toMatch(/NaN|Infinity/);
  });

  it('measures neighbours and a linear classifier, of exported weights too', () => {
    expect(represent('export', '--weights', 'run', '-o', 'encoder.safetensors').status).toBe(0);
    expect(represent('export', '--weights', 'run', '-o', 'encoder.onnx').status).toBe(0);
    const on = (...verb: string[]) =>
      represent(...verb, 'pictures', 'pictures', '--weights', 'encoder.safetensors', '--json', '--quiet');
    const knn = JSON.parse(on('knn', '--k', '1').out);
    expect(knn).toEqual({ k: 1, pictures: 2 * PER_CLASS, accuracy: 1 });
    expect(JSON.parse(on('probe', '--by', 'lbfgs').out).top1).toBeGreaterThan(0.5);
  });

  it.each([
    [['train', 'nowhere', '-o', 'x', ...TRAIN], /nowhere: no such file or folder/],
    [['train', '-o', 'x'], /DATA is missing/],
    [['train', 'pictures', '-o', 'x', '--batch-size', '16'], /too small for W-MSE.*: take 128/],
    [
      ['train', 'pictures', '-o', 'x', '--method', 'byol', '--batch-size', '64', '--quiet'],
      /do not fill one batch of 64/,
    ],
    [['train', 'pictures', '-o', 'run', ...TRAIN], /holds a training run already/],
    [
      ['embed', 'pictures', '--weights', 'run', '-o', 'vectors.txt'],
      /vectors are kept as .npy, .parquet, .csv/,
    ],
    [['embed', 'pictures/notes.txt', '--weights', 'run', '-o', 'v.npy'], /notes\.txt/],
    [['embed', 'pictures', '--weights', 'pictures/along/0.png', '-o', 'v.npy'], /holds no weights of ours/],
    [['embed', 'pictures', '--weights', 'nowhere', '-o', 'v.npy'], /nowhere/],
    [['search', 'pictures/along/1.png', '--in', 'none.npy', '--weights', 'run'], /none\.npy/],
    [
      ['search', 'pictures/along/1.png', '--in', 'none.npy', '--weights', 'run', '-o', 's.png'],
      /needs the pictures/,
    ],
    [['knn', 'pictures/along', 'pictures', '--weights', 'run'], /have no classes/],
    [['map', 'pictures', '--weights', 'run', '-o', 'map.gif'], /map\.gif/],
    [
      ['import', 'pictures/along/0.png', '-o', 'e.safetensors', '--pipeline', 'cifar10', '--stem', 'cifar'],
      /0\.png/,
    ],
  ])('%j: one line, and nothing is written', (args, message) => {
    const { status, err } = represent(...args);
    expect(err).toMatch(message);
    expect(
      err
        .trim()
        .split('\n')
        .filter((line) => line.startsWith('sextant:')),
    ).toHaveLength(1);
    expect(err).not.toMatch(/^ +at /m);
    expect(status).toBe(1);
    for (const made of ['v.npy', 's.png', 'e.safetensors', 'map.gif'])
      expect(existsSync(at(made))).toBe(false);
  });
});
