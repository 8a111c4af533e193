import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NDArray } from '@sextant/engine';
import { blank, decode, writePng } from '@sextant/image';
import { readNpy, writeNpy } from '@sextant/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The command as installed: these tests run on the build.
const BIN = fileURLToPath(new URL('../bin/sextant.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sextant-edit-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

function edit(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'edit', ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  return { status, out: stdout, err: stderr };
}

const made = (...args: string[]) => {
  const { status, err } = edit(...args, '--quiet');
  expect(err).toBe('');
  expect(status).toBe(0);
};

const ROWS = 8;

// All that an editor consists of, hardly trained: from heads to a flow.
beforeAll(() => {
  made('heads', '-o', 'heads', '--n', '40', '--frames', '4', '--size', '32', '--threads', '1');
  made('heads', '-o', 'val', '--n', '8', '--frames', '4', '--split', 'val', '--size', '32', '--threads', '1');
  made(
    'train-generator',
    'heads/images',
    '-o',
    'm/generator',
    '--preset',
    'small-32',
    '--steps',
    '1',
    '--batch-size',
    '4',
  );
  made(
    'train-estimator',
    'heads',
    '-o',
    'm/estimator',
    '--table',
    'heads',
    '--size',
    '32',
    '--epochs',
    '1',
    '--batch-size',
    '16',
  );
  made(
    'train-identity',
    'heads',
    '--held',
    'val',
    '-o',
    'm/identity',
    '--size',
    '32',
    '--epochs',
    '1',
    '--batch-size',
    '16',
  );
  made('codes', '-o', 'codes', '--generator', 'm/generator', '--estimator', 'm/estimator', '--n', '80');
  made('train-flow', 'codes', '-o', 'm/flow', '--epochs', '1', '--batch-size', '32');
}, 400_000);

describe('sextant edit', { timeout: 60_000 }, () => {
  it('makes pictures, edits them in order, and tells of values out of range', async () => {
    const sampled = edit(
      'sample',
      '--model',
      'm',
      '--n',
      '4',
      '-o',
      'sheet.png',
      '--codes',
      's.npy',
      '--json',
    );
    expect(sampled.status).toBe(0);
    expect(JSON.parse(sampled.out).shown).toHaveLength(4);
    expect((await readNpy(at('s.npy'))).shape).toEqual([4, ROWS, 128]);
    const { status, out, err } = edit(
      'apply',
      's.npy',
      '--model',
      'm',
      '--set',
      'smile=5',
      '--light',
      'left=0.5',
      '--set',
      'age=0.9',
      '-o',
      'edited.png',
      '--json',
    );
    expect(status).toBe(0);
    expect(err).toBe('smile: 5 is outside -1 to 1; taken as 1\n');
    const { targets, shown } = JSON.parse(out);
    const [{ attributes }, { attributes: before }] = [targets[0], shown.before[0]];
    // By the table's degrees, 2 and 2.
    expect(attributes[7]).toBeCloseTo(before[7] + 2 * (1 - before[7]), 5);
    expect(attributes[6]).toBeCloseTo(before[6] + 2 * (0.9 - before[6]), 5);
    const sheet = await decode(readFileSync(at('edited.png')));
    expect(sheet.width).toBe(3 * 100 + 4);
  });

  it('refuses codes of another number of rows, and writes pictures as they are', async () => {
    await writeNpy(at('rows.npy'), new NDArray(new Float32Array(18 * 128), [1, 18, 128], 'float32'));
    const edits = ['--model', 'm', '--set', 'yaw=5'];
    expect(edit('apply', 'rows.npy', ...edits, '-o', 'x.png').err).toBe(
      `sextant: rows.npy: shape [1, 18, 128]; codes here have ${ROWS} rows of 128 numbers\n`,
    );
    written('sample', '--model', 'm', '--n', '2', '-o', 'two.png', '--pictures', 'two', '--codes', 'two.npy');
    expect(readdirSync(at('two'))).toEqual(['000.png', '001.png']);
    const { width, height } = await decode(readFileSync(at('two/001.png')));
    expect([width, height]).toEqual([32, 32]);
    expect(edit('apply', 'two.npy', ...edits, '-o', 'o.png', '--codes', 'two.npy').err).toMatch(
      /would be lost/,
    );
  });

  it('lists what can be edited', () => {
    const { status, out } = edit('attributes', '--json');
    expect(status).toBe(0);
    const { attributes, lights } = JSON.parse(out);
    expect(attributes[2]).toMatchObject({ name: 'Yaw', range: [-45, 45] });
    expect(Object.keys(lights)).toContain('left');
  });

  it('tells when a flow is of other attributes than the estimator, and values out of range', () => {
    made('train-flow', 'codes', '-o', 'o/flow', '--table', 'faces', '--epochs', '1', '--batch-size', '32');
    for (const part of ['generator', 'estimator'])
      cpSync(at(`m/${part}`), at(`o/${part}`), { recursive: true });
    const { status, err } = edit('sample', '--model', 'o', '-o', 'x.png');
    expect([status, err]).toEqual([
      1,
      'sextant: o: the estimator and the flow are of different attributes: the one tells Gender -1 to 1 where the other takes Gender 0 to 1; train both with the same --table\n',
    ]);
    const options = ['--model', 'm', '--n', '1', '--set', 'yaw=5000', '--light', 'left=9', '-o', 'far.png'];
    expect(edit('sample', ...options).err).toBe(
      'yaw: 5000 is outside -45 to 45; taken as 45\nleft: 9 is outside 0 to 1; taken as 1\n',
    );
  });

  it('draws what is asked for, gives attributes of others, animates and projects', async () => {
    written(
      'sample',
      '--model',
      'm',
      '--n',
      '2',
      '--set',
      'age=1',
      '--light',
      'left=1',
      '-o',
      'old.png',
      '--codes',
      'old.npy',
    );
    made(
      'transfer',
      'old.npy',
      '--model',
      'm',
      '--reference',
      'codes/latents.npy',
      '-o',
      't.png',
      '--only',
      'age,light',
    );
    made(
      'interpolate',
      'old.npy',
      '--model',
      'm',
      '--from',
      'yaw=-20',
      '--to',
      'yaw=20',
      '--frames',
      '3',
      '-o',
      'a.gif',
    );
    made(
      'project',
      'heads/images/000000.png',
      '--model',
      'm',
      '--steps',
      '3',
      '--force',
      '-o',
      'p.npy',
      '--sheet',
      'p.png',
    );
    expect((await readNpy(at('p.npy'))).shape).toEqual([1, ROWS, 128]);
    for (const name of ['old.png', 't.png', 'a.gif', 'p.png']) expect(existsSync(at(name))).toBe(true);
  });

  it('measures edits, persons, chains and the flow, as text and as JSON', { timeout: 240_000 }, () => {
    const options = [
      '--model',
      'm',
      '--n',
      '1',
      '--fitted',
      '160',
      '--chain',
      '2',
      '--codes',
      'codes',
      '--quiet',
    ];
    const { status, out, err } = edit('evaluate', ...options, '--json');
    expect([status, err]).toEqual([0, '']);
    const { methods, lights, chain, flow } = JSON.parse(out);
    expect(lights.map((l: { light: string }) => l.light)).toEqual([
      'left',
      'right',
      'top',
      'bottom',
      'front',
    ]);
    expect(methods.map((m: { method: string }) => m.method)).toEqual([
      'StyleFlow',
      'regression',
      'components',
    ]);
    for (const { response, changes, leakage, order } of methods) {
      for (const each of [response, changes, leakage, order]) expect(each).toHaveLength(8);
      expect(changes[0].changes).toHaveLength(8);
      expect(changes[0].identity.cosine).toBeLessThanOrEqual(1 + 1e-6);
    }
    expect(chain.map((p: { edits: number; back: boolean }) => [p.edits, p.back])).toEqual([
      [2, false],
      [2, true],
    ]);
    expect(flow.codes).toBe(4);
    expect(flow.solves[1].roundTrip.max).toBeLessThan(1e-3);
  });

  it('writes sheets of every attribute and light', async () => {
    const { status, out } = edit(
      'sheets',
      '--model',
      'm',
      '-o',
      'sheets',
      '--n',
      '1',
      '--steps',
      '3',
      '--json',
    );
    expect(status).toBe(0);
    const { sheets } = JSON.parse(out);
    expect(sheets).toHaveLength(8 + 5);
    expect(sheets[2]).toMatchObject({ file: 'sheets/yaw.png', edited: 'Yaw', values: [-45, 0, 45] });
    const { width, height } = await decode(readFileSync(at('sheets/light-left.png')));
    // Four pictures beside the label of the row, below those of the columns.
    expect([width > 4 * 100, height > 100]).toEqual([true, true]);
  });

  it('exports its parts, which are a model too', () => {
    for (const part of ['generator', 'estimator', 'flow', 'identity'])
      written('export', part, `m/${part}`, '-o', `${part}.safetensors`);
    const again = edit('sample', '--model', '.', '--n', '1', '-o', 'again.png', '--json');
    const first = edit('sample', '--model', 'm', '--n', '1', '-o', 'first.png', '--json');
    expect(JSON.parse(again.out).shown).toEqual(JSON.parse(first.out).shown);
  });

  it('trains an encoder, finds codes by it in one pass, and refuses what shows no face', {
    timeout: 120_000,
  }, async () => {
    cpSync(at('m'), at('with'), { recursive: true });
    const by = ['--generator', 'm/generator', '--estimator', 'm/estimator'];
    made('train-encoder', ...by, '-o', 'with/encoder', '--steps', '1', '--batch-size', '4');
    const resumed = edit('train-encoder', '--resume', '-o', 'with/encoder', '--steps', '2', '--json');
    expect(JSON.parse(resumed.out)).toMatchObject({ step: 2, finished: true, best: { metric: 'pixels' } });
    made('project', 'heads/images/000000.png', '--model', 'with', '--fast', '--force', '-o', 'fast.npy');
    const { shape, data } = await readNpy(at('fast.npy'));
    expect(shape).toEqual([1, ROWS, 128]);
    written('export', 'encoder', 'with/encoder', '-o', 'with/encoder.safetensors');
    made('project', 'heads/images/000000.png', '--model', 'with', '--fast', '--force', '-o', 'again.npy');
    expect((await readNpy(at('again.npy'))).data).toEqual(data);
    await writePng(at('blank.png'), blank(32, 32));
    const { status, err } = edit('apply', 'blank.png', '--model', 'with', '--set', 'age=1', '-o', 'x.png');
    expect(status).toBe(1);
    expect(err).toMatch(/^sextant: blank.*: no face that the generator could have made: .* or --force\n$/);
  });

  it.each([
    [
      ['apply', 'codes/latents.npy', '--model', 'm', '--set', 'hat=1', '-o', 'x.png'],
      /no attribute hat; there are: Gender/,
    ],
    [
      ['apply', 'codes/latents.npy', '--model', 'm', '--light', 'moon=1', '-o', 'x.png'],
      /no light moon; there are: left/,
    ],
    [['apply', 'codes/latents.npy', '--model', 'm', '-o', 'x.png'], /nothing is to be edited/],
    [
      ['apply', 'codes/light.npy', '--model', 'm', '--set', 'age=1', '-o', 'x.png'],
      /codes here have 8 rows of 128 numbers/,
    ],
    [
      ['apply', 'codes/latents.npy', '--model', 'heads', '--set', 'age=1', '-o', 'x.png'],
      /heads has no generator/,
    ],
    [
      ['project', 'heads/images/000000.png', '--model', 'm', '--fast', '-o', 'x.npy'],
      /the model has no encoder: train one with train-encoder, or leave --fast out/,
    ],
    [['train-encoder', '-o', 'x'], /give --generator and --estimator/],
    [['sample', '--model', 'm', '-o', 'x.gif'], /a sheet is written as .png/],
    [['sample', '--model', 'm', '-o', 'x.png', '--codes', 'x.txt'], /x.txt: codes are written as .npy/],
    [['apply', 'nowhere.png', '--set', 'yaw=1', '-o', 'x.png'], /nowhere.png: no such file/],
    [['sample', '--model', 'm', '--n', '5000', '-o', 'x.png'], /5000 pictures do not fit a sheet/],
    [
      ['sample', '--model', 'm', '--light', 'constructor=1', '-o', 'x.png'],
      /there is no light constructor; there are: left, right/,
    ],
    [
      ['evaluate', '--model', 'm', '--n', '1', '--fitted', '20', '--chain', '0', '--quiet'],
      /20 codes are too few for 20 components/,
    ],
    [['train-flow', 'heads', '-o', 'x'], /latents.npy: no such file/],
    [['train-estimator', 'heads', '-o', 'x', '--table', 'hats'], /there is no table hats/],
    [['heads', '-o', 'heads'], /heads is not empty/],
    [['train-identity', 'codes', '-o', 'x'], /codes holds no pictures/],
    [
      ['train-identity', 'heads', '--held', 'heads', '-o', 'x'],
      /person 0 is in .*heads too; give other people/,
    ],
    [['evaluate', '--model', 'm', '--codes', 'heads'], /latents.npy: no such file/],
    [['import', 'flow', 'sheet.png', '-o', 'x.safetensors'], /sheet.png: /],
  ])('%j: one line', (args, message) => {
    const { status, err } = edit(...args);
    expect(status).toBe(1);
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(existsSync(at('x.png'))).toBe(false);
  });
});

/** Of verbs that have no progress to be quiet about. */
function written(...args: string[]): void {
  const { status, err } = edit(...args);
  expect(err).toBe('');
  expect(status).toBe(0);
}
