import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode } from '@sextant/image';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The command as installed: these tests run on the build.
const BIN = fileURLToPath(new URL('../bin/sextant.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sextant-avatar-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

function avatar(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'avatar', ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  return { status, out: stdout, err: stderr };
}

function json(...args: string[]) {
  const { status, out, err } = avatar(...args, '--json');
  expect([status, err]).toEqual([0, '']);
  return JSON.parse(out);
}

/** Ends with one line that says what is wrong. */
function refused(line: RegExp, ...args: string[]) {
  const { status, err } = avatar(...args);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(err).toMatch(line);
  expect(status).toBe(1);
}

const SAYS_STAND_IN =
  'No --vgg19 or --vgg-face: differences of pictures at three sizes stand for the perceptual loss\n';

const train = (...args: string[]) =>
  avatar(
    'train',
    'heads',
    '--preset',
    'tiny',
    '--batch-size',
    '2',
    '--threads',
    '1',
    '--quiet',
    '--json',
    ...args,
  );

const frame = (kind: string, person: number, end: string) =>
  `heads/${kind}/test/head-${10_000 + person}/video/sequence/00000${end}`;
const SOURCE = [frame('imgs', 0, '.png'), '--landmarks', frame('keypoints', 0, '.npy'), '--weights', 'base'];
const MOTION = 'heads/keypoints/test/head-10001/video/sequence';

beforeAll(() => {
  const people = ['--people', '3', '--test-people', '2', '--frames', '3', '--size', '32', '--threads', '1'];
  expect(avatar('heads', '-o', 'heads', ...people, '--quiet').status).toBe(0);
  const { status, out, err } = train('-o', 'base', '--steps', '1');
  expect([status, err]).toEqual([0, SAYS_STAND_IN]);
  expect(JSON.parse(out)).toMatchObject({ step: 1, finished: true, best: { metric: 'l1', step: 1 } });
}, 900_000);

describe('sextant avatar', { timeout: 600_000 }, () => {
  it('continues a training, and trains the enhancer on it', () => {
    const { status, out } = avatar(
      'train',
      '-o',
      'base',
      '--resume',
      '--steps',
      '2',
      '--threads',
      '1',
      '--quiet',
      '--json',
    );
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ step: 2, finished: true });
    expect(readdirSync(at('base/samples'))).toEqual(['step-00000001.png', 'step-00000002.png']);
    const enhanced = train('-o', 'enhanced', '--steps', '1', '--base', 'base');
    expect([enhanced.status, enhanced.err]).toEqual([0, SAYS_STAND_IN]);
    expect(JSON.parse(readFileSync(at('enhanced/config.json'), 'utf8'))).toMatchObject({ stage: 'enhancer' });
    json('export', '--weights', 'enhanced', '-o', 'enhanced.safetensors');
    const measured = json('evaluate', 'heads', '--weights', 'enhanced.safetensors', '--frames', '2');
    expect(measured).toMatchObject({ people: 2, frames: 2 });
  });

  it('drives a photograph', async () => {
    const driven = json('drive', ...SOURCE, '--motion', MOTION, '-o', 'driven.gif', '--quiet');
    expect(driven).toMatchObject({ output: 'driven.gif', frames: 3 });
    expect((await decode(readFileSync(at('driven.gif')))).width).toBe(32);
    const one = `${MOTION}/00001.npy`;
    const mask = ['--mask', frame('segs', 0, '.png')];
    json('drive', ...SOURCE, ...mask, '--motion', one, '-o', 'frames', '--steady', '--quiet');
    expect(readdirSync(at('frames'))).toEqual(['000000.png']);
  });

  it('measures beside the source unchanged, on heads where no data are given', () => {
    const { avatar: made, source } = json('evaluate', '--weights', 'base', '--people', '2', '--frames', '1');
    for (const measures of [made, source]) {
      expect(measures.ssim).toBeGreaterThan(0);
      expect(measures.l1).toBeGreaterThan(0);
      expect(measures.iou).toBeLessThan(1);
    }
    expect(made).not.toEqual(source);
  });

  it('shows itself', async () => {
    const { sheet, animation } = json('demo', '--weights', 'base', '-o', 'demo');
    expect((await decode(readFileSync(at(sheet)))).width).toBe(4 * 100 + 4);
    expect(existsSync(at(animation))).toBe(true);
  });

  it('exports one person as ONNX', () => {
    json('export', ...SOURCE, '-o', 'person.onnx');
    expect(readFileSync(at('person.onnx')).length).toBeGreaterThan(10_000);
    refused(
      /person.onnx is of one person: give PHOTO and --landmarks/,
      'export',
      '--weights',
      'base',
      '-o',
      'person.onnx',
    );
  });

  it('says what is wrong in one line', () => {
    refused(/DATA is missing/, 'train', '-o', 'new');
    refused(/cannot read .*imgs/, 'train', 'nowhere', '-o', 'new');
    refused(
      /cannot read nowhere.pt/,
      'train',
      'heads',
      '--batch-size',
      '2',
      '--vgg19',
      'nowhere.pt',
      '-o',
      'new',
    );
    refused(/heads has 3 videos, which do not fill one batch of 16/, 'train', 'heads', '-o', 'new');
    expect(existsSync(at('new'))).toBe(false);
    refused(/there is no nowhere: give --weights/, 'demo', '--weights', 'nowhere');
    refused(/cannot read nothing.npy/, 'drive', ...SOURCE, '--motion', 'nothing.npy', '-o', 'x.gif');
    refused(/there is no EPOCH_identity_embedder.pth/, 'import', 'heads', '-o', 'x.safetensors');
  });
});
