import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NDArray } from '@sextant/engine';
import { encodeWav, InputError, writeNpy, writeNpz } from '@sextant/io';
import { manualSeed } from '@sextant/nn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Vocoder } from './infer.js';
import { readMel } from './input.js';
import { PAPER_MEL } from './mel.js';
import { Generator } from './model.js';
import { PAPER_GENERATOR } from './presets.js';
import { synthesizeFile, synthesizeFolder } from './synthesize.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-synthesize-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);

let vocoder: Vocoder;
beforeAll(() => {
  manualSeed(5);
  vocoder = new Vocoder({ generator: new Generator({ ...PAPER_GENERATOR, ngf: 2 }), mel: PAPER_MEL });
});

const tone = (samples: number) =>
  encodeWav(
    {
      sampleRate: 22050,
      samples: new NDArray(
        Float32Array.from({ length: samples }, (_, i) => 0.3 * Math.sin(i * 0.1)),
        [samples, 1],
        'float32',
      ),
    },
    'float32',
  );
const mel = (value: number, shape = [80, 6]) =>
  new NDArray(new Float32Array(480).fill(value), shape, 'float32');

describe('a file', () => {
  beforeAll(() => writeFileSync(at('in.wav'), tone(4000)));

  it('is not replaced by what is made of it, whatever the output is called', async () => {
    symlinkSync('in.wav', at('link.wav'));
    linkSync(at('in.wav'), at('hard.wav'));
    const before = readFileSync(at('in.wav'));
    for (const output of ['in.wav', 'link.wav', 'hard.wav']) {
      await expect(synthesizeFile(vocoder, at('in.wav'), at(output))).rejects.toThrow(/would be lost/);
    }
    expect(readFileSync(at('in.wav'))).toEqual(before);
  });
  it('is not written under the name of another format', async () => {
    await expect(synthesizeFile(vocoder, at('in.wav'), at('out.mp3'))).rejects.toThrow(/extension \.wav/);
  });
  it.each<[string, () => Uint8Array, RegExp]>([
    ['few frames', () => tone(1000), /1000 samples at 22050 Hz, at least 1024 \(0\.046 s\)/],
    ['few samples', () => tone(300), /300 samples at 22050 Hz, at least 1024/],
    [
      'a NaN',
      () => {
        const bytes = tone(4000);
        new DataView(bytes.buffer, bytes.byteOffset).setFloat32(bytes.length - 400, Number.NaN, true);
        return bytes;
      },
      /sample 3900 is NaN/,
    ],
  ])('with %s is named, and nothing written', async (_, bytes, message) => {
    writeFileSync(at('bad.wav'), bytes());
    const refusal = await synthesizeFile(vocoder, at('bad.wav'), at('never.wav')).catch((error) => error);
    expect(refusal).toBeInstanceOf(InputError);
    expect(refusal.message).toMatch(message);
    expect(refusal.message.split('bad.wav')).toHaveLength(2);
    expect(readdirSync(folder).filter((name) => name.includes('never'))).toEqual([]);
  });
});

describe('a folder', () => {
  it('keeps apart what has one stem, speaks what it can and tells of the rest', async () => {
    const inputs = at('inputs');
    mkdirSync(join(inputs, 'sub'), { recursive: true });
    for (const name of ['a.wav', 'b.wav', 'b.npy.wav']) writeFileSync(join(inputs, name), tone(2000));
    await writeNpy(join(inputs, 'A.npy'), mel(-4));
    writeFileSync(join(inputs, 'c.wav'), 'no sound');
    const messages: string[] = [];
    const seen: string[] = [];
    const failed: string[] = [];
    const onProgress = ({ file, files }: { file: number; files: number }) => seen.push(`${file}/${files}`);
    const options = { onMessage: (line: string) => messages.push(line), onProgress };
    for await (const result of synthesizeFolder(vocoder, inputs, at('outputs'), options)) {
      if ('error' in result) failed.push(result.error);
    }
    expect(readdirSync(at('outputs')).sort()).toEqual(['A.npy.wav', 'a.wav.wav', 'b.npy.wav', 'b.wav']);
    expect(messages).toEqual([`${inputs}: 1 subfolder is not searched`]);
    expect(failed).toEqual([expect.stringMatching(/^.*c\.wav: /)]);
    expect([...new Set(seen)]).toEqual(['1/5', '2/5', '3/5', '4/5']);
  });
  it.each<[string, () => string, RegExp]>([
    ['itself', () => at('inputs'), /would be lost/],
    ['standard output', () => '-', /give a folder/],
    ['a file', () => at('in.wav'), /is a file, but .* a folder/],
  ])('is not spoken to %s', async (_, output, message) => {
    await expect(synthesizeFolder(vocoder, at('inputs'), output()).next()).rejects.toThrow(message);
  });
  it('does not replace an input through a link in the other folder', async () => {
    mkdirSync(at('links'));
    symlinkSync(at('inputs', 'b.wav'), at('links', 'b.wav'));
    const before = readFileSync(at('inputs', 'b.wav'));
    await expect(synthesizeFolder(vocoder, at('inputs'), at('links')).next()).rejects.toThrow(
      /would be lost/,
    );
    expect(readFileSync(at('inputs', 'b.wav'))).toEqual(before);
  });
});

describe('a spectrogram', () => {
  it('comes alone or as mel in .npz, in half precision, as a batch of one', async () => {
    await writeNpz(at('one.npz'), new Map([['x', mel(-4, [1, 80, 6])]]));
    expect((await readMel(at('one.npz'), 80)).shape).toEqual([80, 6]);
    const other = mel(-3);
    await writeNpz(
      at('two.npz'),
      new Map([
        ['x', mel(-4)],
        ['mel', other],
      ]),
    );
    expect((await readMel(at('two.npz'), 80)).data).toEqual(other.data);
    await writeNpy(at('half.npy'), new NDArray(new Uint16Array(480).fill(0xc400), [80, 6], 'float16'));
    expect((await readMel(at('half.npy'), 80)).data).toEqual(mel(-4).data);
  });
  it('of frames before bands is to be transposed', async () => {
    await writeNpy(at('turned.npy'), mel(-4, [6, 80]));
    await expect(readMel(at('turned.npy'), 80)).rejects.toThrow(/turned\.npy: .* \[6, 80\]: transpose it$/);
  });
  it.each([
    [-4, 0],
    [-5, 0],
    [-11.5, 1],
    [20, 1],
  ])('of values %d: %d warnings', async (value, warnings) => {
    await writeNpy(at('mel.npy'), mel(value));
    const messages: string[] = [];
    await synthesizeFile(vocoder, at('mel.npy'), at('mel.wav'), { onMessage: (line) => messages.push(line) });
    expect(messages).toHaveLength(warnings);
    for (const line of messages) expect(line).toMatch(/mel\.npy: its values .* made in another way/);
  });
  it('is not read from checkpoints', async () => {
    await expect(synthesizeFile(vocoder, at('w.pt'), at('w.wav'))).rejects.toThrow(/w\.pt is no sound/);
    expect(existsSync(at('w.wav'))).toBe(false);
  });
});
