import { readdir } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { NDArray } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/support.js';
import { InputError } from './errors.js';
import { readFile } from './files.js';
import { decodeWav } from './wav.js';
import { encodeWav } from './wav-encode.js';
import { WavWriter, writeWav } from './wav-writer.js';

const path = temporaryFolder();
const data = Float32Array.from({ length: 999 }, (_, i) => Math.fround(Math.sin(i / 5)));
const stereo = { sampleRate: 44100, samples: new NDArray(data.subarray(1), [499, 2], 'float32') };

describe('WavWriter', () => {
  it('block by block writes the samples of the whole', async () => {
    const writer = await WavWriter.open(path('blocks.wav'), { sampleRate: 8000, encoding: 'pcm24' });
    for (let at = 0; at < data.length; at += 100) await writer.write(data.subarray(at, at + 100));
    expect(writer.frames).toBe(999);
    expect(await readdir(path(''))).not.toContain('blocks.wav');
    await writer.close();
    const bytes = await readFile(path('blocks.wav'));
    expect(bytes.length % 2).toBe(0);
    const whole = encodeWav({ sampleRate: 8000, samples: new NDArray(data, [999, 1], 'float32') }, 'pcm24');
    expect(decodeWav(bytes)).toEqual(decodeWav(whole));
  });

  it('leaves nothing behind after abort, and abort after close keeps the file', async () => {
    const dropped = await WavWriter.open(path('dropped.wav'), { sampleRate: 8000 });
    await dropped.write(data);
    await dropped.abort();
    const kept = await WavWriter.open(path('kept.wav'), { sampleRate: 8000 });
    await kept.close();
    await kept.abort();
    const files = await readdir(path(''));
    expect(files.filter((name) => name.includes('dropped'))).toEqual([]);
    expect(decodeWav(await readFile(path('kept.wav'))).samples.shape).toEqual([0, 1]);
  });

  it('names the file and the sample that is not a number', async () => {
    const writer = await WavWriter.open(path('nan.wav'), { sampleRate: 8000 });
    await writer.write(data);
    await expect(writer.write(Float32Array.of(0, Number.NaN))).rejects.toThrow(
      new InputError(
        `${path('nan.wav')}: sample 1000 is NaN: what made this sound is broken; it is not written`,
      ),
    );
    await writer.abort();
  });

  it('refuses half a frame', async () => {
    const writer = await WavWriter.open(path('half.wav'), { sampleRate: 8000, channels: 2 });
    await expect(writer.write(data)).rejects.toThrow(RangeError);
    await writer.abort();
  });

  it('writes to a pipe without going back', async () => {
    const pipe = new PassThrough({ highWaterMark: 1e6 });
    const writer = await WavWriter.toStream(pipe, { sampleRate: 44100, channels: 2, encoding: 'float32' });
    await writer.write(stereo.samples.data);
    await writer.close();
    pipe.end();
    expect(decodeWav(Buffer.concat(await pipe.toArray()))).toEqual(stereo);
  });

  it('writes to a device, and says that a disk is full', async () => {
    await writeWav('/dev/null', stereo);
    await expect(writeWav('/dev/full', stereo)).rejects.toThrow(
      new InputError('cannot write /dev/full: the disk is full; free some space and run again'),
    );
  });
});

describe('writeWav', () => {
  it('is undone by decodeWav', async () => {
    await writeWav(path('stereo.wav'), stereo, 'float32');
    expect(decodeWav(await readFile(path('stereo.wav')))).toEqual(stereo);
  });
});
