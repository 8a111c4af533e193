import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { NDArray } from '@sextant/engine';
import {
  encodeSafetensors,
  encodeWav,
  readAudio,
  readSafetensors,
  writeNpy,
  writePyTorch,
} from '@sextant/io';
import { manualSeed } from '@sextant/nn';
import { encodeWeights, Generator, PAPER_GENERATOR, PAPER_MEL } from '@sextant/vocoder';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The command as installed: these tests run on the build.
const BIN = fileURLToPath(new URL('../bin/sextant.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sextant-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

function sextant(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'buffer' });
  return { status, stdout, out: stdout.toString(), err: stderr.toString() };
}

const sound = (seconds: number, sampleRate: number) => {
  const data = Float32Array.from(
    { length: seconds * sampleRate },
    (_, i) => 0.3 * Math.sin((i * 2500) / sampleRate),
  );
  return { samples: new NDArray(data, [data.length, 1], 'float32' as const), sampleRate };
};

beforeAll(() => {
  manualSeed(3);
  const generator = new Generator({ ...PAPER_GENERATOR, ngf: 2 });
  writeFileSync(at('weights.safetensors'), encodeWeights({ generator, mel: PAPER_MEL }));
  writeFileSync(at('tone.wav'), encodeWav(sound(1, 16_000)));
});
const weights = () => ['--weights', at('weights.safetensors')];

describe('help and usage', () => {
  it('says what there is', () => {
    const { status, out } = sextant('--help');
    expect(status).toBe(0);
    for (const word of ['vocoder', 'apply', 'verify', 'modules']) expect(out).toContain(word);
    expect(sextant('vocoder', '--help').out).toMatch(
      /synthesize[\s\S]*train[\s\S]*evaluate[\s\S]*export[\s\S]*import/,
    );
  });
  it.each([
    [['vocoder', 'synthesize', 'x.wav'], /required option '-o, --output <out>'/],
    [['vocoder', 'dance'], /unknown command 'dance'/],
    [['vocoder', 'train', '-o', 'x', '--preset', 'huge'], /Allowed choices are paper, small, tiny/],
    [['vocoder', 'synthesize', 'x.wav', '-o', 'y.wav', '--threads', '0'], /whole number above 0/],
  ])('%j: exit 2', (args, message) => {
    const { status, err } = sextant(...args);
    expect(status).toBe(2);
    expect(err).toMatch(message);
  });
});

describe('apply', () => {
  it('writes outputs and gradients', async () => {
    writeFileSync(
      at('in.safetensors'),
      encodeSafetensors(
        new Map([['audio', new NDArray(new Float32Array(2048).fill(0.1), [1, 1, 2048], 'float32')]]),
      ),
    );
    const args = [
      'apply',
      'vocoder/mel',
      '--inputs',
      at('in.safetensors'),
      '--outputs',
      at('out.safetensors'),
    ];
    expect(sextant(...args)).toMatchObject({ status: 0, err: '' });
    const { tensors, metadata } = await readSafetensors(at('out.safetensors'));
    expect(tensors.get('mel')!.shape).toEqual([1, 80, 8]);
    expect(metadata).toEqual({ module: 'vocoder/mel' });
  });
  it('replaces no input, and a profile nothing but JSON', () => {
    const inputs = at('in.safetensors');
    const same = sextant('apply', 'vocoder/mel', '--inputs', inputs, '--outputs', inputs);
    expect(same).toMatchObject({
      status: 1,
      err: expect.stringMatching(/is the input, which would be lost/),
    });
    const profile = sextant(
      'apply',
      'vocoder/mel',
      '--inputs',
      inputs,
      '--outputs',
      at('x'),
      '--profile',
      inputs,
    );
    expect(profile).toMatchObject({ status: 2, err: expect.stringMatching(/must end in \.json/) });
  });
  it.each([
    [['apply', 'vocoder/melody'], /there is no module 'vocoder\/melody'; there are: vocoder\/mel,/],
    [['apply', 'vocoder/generator'], /this module needs a checkpoint/],
    [['apply', 'vocoder/mel', '--gradients-of', 'mel'], /--gradients-of and --gradients-wrt go together/],
  ])('%j: one line, exit 1', (args, message) => {
    const { status, err } = sextant(
      ...args,
      '--inputs',
      at('in.safetensors'),
      '--outputs',
      at('no.safetensors'),
    );
    expect(status).toBe(1);
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(readdirSync(folder)).not.toContain('no.safetensors');
  });
});

describe('verify', () => {
  beforeAll(() => {
    for (const [name, expected] of [
      ['same', 'out.safetensors'],
      ['other', 'in.safetensors'],
    ] as const) {
      mkdirSync(at(`cases/group/${name}`), { recursive: true });
      copyFileSync(at('in.safetensors'), at(`cases/group/${name}/in.safetensors`));
      copyFileSync(at(expected), at(`cases/group/${name}/expected.safetensors`));
      const files = { inputs: 'in.safetensors', expected: 'expected.safetensors' };
      writeFileSync(
        at(`cases/group/${name}/case.json`),
        JSON.stringify({ module: 'vocoder/mel', ...files, rtol: 0, atol: 0 }),
      );
    }
  });
  it('finds the cases below a folder, and prints only what fails where asked to', () => {
    const all = sextant('verify', at('cases'));
    expect(all.status).toBe(1);
    expect(all.out).toBe(
      `${at('cases/group/other')} (vocoder/mel)\n  FAIL  audio  no such output\n` +
        `${at('cases/group/same')} (vocoder/mel)\n  pass  mel  max abs 0.00e+0  max rel 0.00e+0\n` +
        '1 of 2 cases pass\n',
    );
    expect(sextant('verify', at('cases'), '--quiet').out).toBe(
      `${at('cases/group/other')} (vocoder/mel)\n  FAIL  audio  no such output\n1 of 2 cases pass\n`,
    );
  });
  it('says where there is none', () => {
    const { status, out } = sextant('verify', at('nowhere'));
    expect(status).toBe(1);
    expect(out).toContain(`FAIL ${at('nowhere')}: cannot read ${at('nowhere/case.json')}: no such file`);
  });
});

describe('standard output', () => {
  it
    .skipIf(process.platform !== 'linux')
    .each([
      ['modules'],
      ['modules', '--json'],
      ['--help'],
      ['vocoder', 'synthesize', at('tone.wav'), '-o', '-', '--weights', at('weights.safetensors')],
    ])('on a full disk, %s: one line, exit 1', (...args) => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [BIN, ...args], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect([status, stderr]).toEqual([
      1,
      'sextant: cannot write standard output: the disk is full; free some space and run again\n',
    ]);
  });
  it('whose reader has gone ends quietly', async () => {
    const child = spawn(process.execPath, [BIN, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect([code, stderr]).toEqual([0, '']);
  });
});

it('says that it is not built', () => {
  mkdirSync(at('unbuilt/bin'), { recursive: true });
  writeFileSync(at('unbuilt/package.json'), '{ "type": "module" }');
  copyFileSync(BIN, at('unbuilt/bin/sextant.js'));
  const { status, stderr } = spawnSync(process.execPath, [at('unbuilt/bin/sextant.js')], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([1, 'sextant: not built yet: run npm run build\n']);
});

describe('vocoder synthesize', () => {
  it('a sound of another rate, to a file of its length', async () => {
    const { status, out } = sextant(
      'vocoder',
      'synthesize',
      at('tone.wav'),
      '-o',
      at('speech.wav'),
      ...weights(),
      '--json',
    );
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ files: [{ output: at('speech.wav') }] });
    const { samples, sampleRate } = await readAudio(at('speech.wav'));
    expect([sampleRate, samples.shape]).toEqual([22050, [86 * 256, 1]]);
  });
  it('to standard output the same samples', async () => {
    const { stdout } = sextant('vocoder', 'synthesize', at('tone.wav'), '-o', '-', ...weights());
    const file = readFileSync(at('speech.wav'));
    expect(stdout.subarray(stdout.length - 1000)).toEqual(file.subarray(file.length - 1000));
  });
  it('a folder of sounds and spectrograms', async () => {
    mkdirSync(at('inputs'));
    copyFileSync(at('tone.wav'), at('inputs/tone.wav'));
    await writeNpy(
      at('inputs/mel.npy'),
      new NDArray(new Float32Array(80 * 12).fill(-4), [80, 12], 'float32'),
    );
    writeFileSync(at('inputs/notes.txt'), 'not for the vocoder');
    expect(sextant('vocoder', 'synthesize', at('inputs'), '-o', at('all'), ...weights()).status).toBe(0);
    expect(readdirSync(at('all')).sort()).toEqual(['mel.wav', 'tone.wav']);
    expect((await readAudio(at('all/mel.wav'))).samples.shape[0]).toBe(12 * 256);
  });
  it('weights exported to the authors’ layout and imported again give the same file', () => {
    expect(sextant('vocoder', 'export', '-o', at('w.pt'), ...weights()).status).toBe(0);
    expect(sextant('vocoder', 'import', at('w.pt'), '-o', at('again.safetensors')).status).toBe(0);
    sextant(
      'vocoder',
      'synthesize',
      at('tone.wav'),
      '-o',
      at('again.wav'),
      '--weights',
      at('again.safetensors'),
    );
    expect(readFileSync(at('again.wav'))).toEqual(readFileSync(at('speech.wav')));
  });
  it.each<[string, string, Buffer | string, RegExp]>([
    ['an empty file', 'empty.wav', '', /empty\.wav/],
    ['a text', 'text.wav', 'this is no sound', /text\.wav/],
    ['a cut-off spectrogram', 'cut.npy', Buffer.from('\x93NUMPY\x01\x00', 'latin1'), /cut\.npy/],
    ['too short a sound', 'short.wav', Buffer.from(encodeWav(sound(0.01, 22_050))), /too short/],
  ])('%s: one line, exit 1, nothing written', (_, name, content, message) => {
    writeFileSync(at(name), content);
    const { status, err } = sextant(
      'vocoder',
      'synthesize',
      at(name),
      '-o',
      at('never.wav'),
      '--quiet',
      ...weights(),
    );
    expect(status).toBe(1);
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(readdirSync(folder).filter((f) => f.includes('never'))).toEqual([]);
  });
  it('weights that are none: one line, exit 1', async () => {
    await writePyTorch(
      at('other.pt'),
      new Map([['layer.weight', new NDArray(new Float32Array(4), [2, 2], 'float32')]]),
    );
    const { status, err } = sextant(
      'vocoder',
      'synthesize',
      at('tone.wav'),
      '-o',
      at('n.wav'),
      '--weights',
      at('other.pt'),
    );
    expect([status, err]).toEqual([
      1,
      expect.stringMatching(/^sextant: .*other\.pt: not a MelGAN generator: .*\n$/),
    ]);
  });
});
