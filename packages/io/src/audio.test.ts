import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { NDArray } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../test/pickles.js';
import { shared, temporaryFolder } from '../test/support.js';
import { chunk, fmt, riff } from '../test/wavs.js';
import { type AudioStream, openAudio, openAudioStream, readAudio } from './audio.js';
import { InputError } from './errors.js';
import { resample } from './resample.js';
import { mono } from './wav.js';
import { encodeWav, wavHeader } from './wav-encode.js';
import { WavWriter } from './wav-writer.js';

const path = temporaryFolder();
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!hasFfmpeg) console.warn('skipped: tests of ffmpeg, which is not installed');

const FRAMES = 12_000;
const data = Float32Array.from({ length: 2 * FRAMES }, (_, i) =>
  Math.fround(Math.sin((i >> 1) / 9) / (1 + (i % 2))),
);
const stereo = { sampleRate: 44100, samples: new NDArray(data, [FRAMES, 2], 'float32') };
const WAV = encodeWav(stereo, 'float32');

async function blocksOf(stream: AudioStream): Promise<Float32Array[]> {
  const blocks: Float32Array[] = [];
  for await (const block of stream) blocks.push(block);
  return blocks;
}

/** What is thrown must be an InputError with this message. */
const refusal = (message: string) => new InputError(message);

describe('WAV', () => {
  it('is read whole', async () => {
    await writeFile(path('whole.wav'), WAV);
    expect(await readAudio(path('whole.wav'))).toEqual(stereo);
  });

  it('is read in blocks of whole frames, with the length known in advance', async () => {
    await writeFile(path('blocks.wav'), WAV);
    const stream = await openAudio(path('blocks.wav'));
    expect([stream.sampleRate, stream.channels, stream.frames]).toEqual([44100, 2, FRAMES]);
    const blocks = await blocksOf(stream);
    expect(blocks.length).toBeGreaterThan(1);
    expect(blocks.every((block) => block.length % 2 === 0)).toBe(true);
    expect(blocks.flatMap((block) => [...block])).toEqual([...data]);
    await expect(blocksOf(stream)).rejects.toThrow('AudioStream: it can be read once only');
  });

  it('is mixed down and resampled on the way, as whole sounds are', async () => {
    await writeFile(path('convert.wav'), WAV);
    const options = { sampleRate: 16000, mono: true };
    const stream = await openAudio(path('convert.wav'), options);
    expect([stream.sampleRate, stream.channels, stream.frames]).toEqual([16000, 1, 4354]);
    await stream.close();
    const expected = resample(mono(data, 2), 44100, 16000);
    expect((await readAudio(path('convert.wav'), options)).samples).toEqual(
      new NDArray(expected, [4354, 1], 'float32'),
    );
    const both = await readAudio(path('convert.wav'), { sampleRate: 16000 });
    expect(both.samples).toEqual(new NDArray(resample(data, 44100, 16000, 2), [4354, 2], 'float32'));
  });

  it('arrives through a pipe in pieces of any size, without a length', async () => {
    const header = wavHeader(
      { sampleRate: 44100, channels: 2, encoding: 'float32' },
      Number.POSITIVE_INFINITY,
    );
    const bytes = Buffer.concat([header, new Uint8Array(data.buffer)]);
    function* pieces() {
      for (let at = 0, step = 1; at < bytes.length; at += step, step = (step * 7) % 9973)
        yield bytes.subarray(at, at + step);
    }
    const stream = await openAudioStream(Readable.from(pieces()));
    expect(stream.frames).toBeUndefined();
    expect((await blocksOf(stream)).flatMap((block) => [...block])).toEqual([...data]);
  });

  it('of an hour passes in a few megabytes', async () => {
    const second = new Uint8Array(2 * 8000).fill(1);
    function* hour() {
      yield wavHeader({ sampleRate: 8000 }, 3600 * second.length);
      for (let s = 0; s < 3600; s++) yield second;
    }
    const stream = await openAudioStream(Readable.from(hour()));
    const writer = await WavWriter.open('/dev/null', { sampleRate: 8000 });
    const used = () => process.memoryUsage().arrayBuffers;
    const before = used();
    let frames = 0;
    let most = 0;
    for await (const block of stream) {
      frames += block.length;
      await writer.write(block);
      most = Math.max(most, used() - before);
    }
    await writer.close();
    expect(frames).toBe(3600 * 8000);
    // Garbage that is not collected yet counts too; the hour itself is 115 MB of samples.
    expect(most).toBeLessThan(50e6);
  });

  it('ends its source when the loop is left', async () => {
    let ended = false;
    function* endless() {
      try {
        yield WAV.subarray(0, 100);
        for (;;) yield new Uint8Array(1000);
      } finally {
        ended = true;
      }
    }
    for await (const block of await openAudioStream(Readable.from(endless()))) {
      if (block.length > 0) break;
    }
    expect(ended).toBe(true);
  });
});

describe('errors', () => {
  it('name a missing file and a folder', async () => {
    await expect(openAudio(path('none.wav'))).rejects.toThrow(
      refusal(`cannot read ${path('none.wav')}: no such file or folder; check the path`),
    );
    await expect(openAudio(path(''))).rejects.toThrow(
      refusal(`cannot read ${path('')}: it is a folder; give the path of a file`),
    );
  });

  it('say that a WAV file is cut off, when that is reached', async () => {
    await writeFile(path('cut.wav'), WAV.subarray(0, -8));
    const stream = await openAudio(path('cut.wav'));
    await expect(blocksOf(stream)).rejects.toThrow(
      refusal(`${path('cut.wav')}: the WAV file ends 8 bytes too early; it is cut off`),
    );
  });

  it('say that a rate is out of reach', async () => {
    await writeFile(path('rate.wav'), riff([fmt({ rate: 4294967295 }), chunk('data', [0, 0])]));
    await expect(openAudio(path('rate.wav'), { sampleRate: 22050 })).rejects.toThrow(
      refusal(
        `${path('rate.wav')}: cannot resample from 4294967295 to 22050 Hz; choose rates with a simpler ratio`,
      ),
    );
  });

  it('tell how to read other formats where ffmpeg is missing', async () => {
    await writeFile(path('song.mp3'), 'ID3 and so on');
    await writeFile(path('law.wav'), riff([fmt({ tag: 7, bits: 8 }), chunk('data', [1])]));
    const before = process.env.PATH;
    process.env.PATH = '/nonexistent';
    try {
      await expect(openAudio(path('song.mp3'))).rejects.toThrow(
        refusal(
          `${path('song.mp3')}: not a WAV file; for other formats install ffmpeg (https://ffmpeg.org), or convert it ` +
            'to WAV',
        ),
      );
      await expect(openAudio(path('law.wav'))).rejects.toThrow(
        refusal(
          `${path('law.wav')}: the WAV file is compressed (mu-law); convert it to 16-bit PCM; for other formats ` +
            'install ffmpeg (https://ffmpeg.org), or convert it to WAV',
        ),
      );
    } finally {
      process.env.PATH = before;
    }
  });

  it('do not search a header without end', async () => {
    function* chunks() {
      yield riff([chunk('LIST', [], { size: 4e9 })]);
      for (let i = 0; i < 1000; i++) yield new Uint8Array(1e6);
    }
    const before = process.env.PATH;
    process.env.PATH = '/nonexistent';
    try {
      await expect(openAudioStream(Readable.from(chunks()), 'standard input')).rejects.toThrow(
        /^standard input: its WAV header does not end; for other formats install ffmpeg/,
      );
    } finally {
      process.env.PATH = before;
    }
  });
});

describe.skipIf(!hasFfmpeg)('other formats', () => {
  const make = (name: string, options: string[] = [], seconds = 0.5) =>
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-y',
      '-f',
      'lavfi',
      '-i',
      `sine=440:d=${seconds}:r=22050`,
      ...options,
      path(name),
    ]);

  it.each([
    ['a.flac', []],
    ['law.wav', ['-c:a', 'pcm_mulaw']],
    ['a.mp3', []],
    ['a.m4a', ['-c:a', 'aac']],
  ])('%s', async (name, options) => {
    make(name, options);
    const { sampleRate, samples } = await readAudio(path(name));
    expect(sampleRate).toBe(22050);
    expect(samples.shape[1]).toBe(1);
    expect(Math.abs((samples.shape[0] as number) - 11025)).toBeLessThan(2000);
    // ffmpeg's sine has an amplitude of 1/8; every period of 440 Hz reaches it.
    expect(Math.max(...samples.data)).toBeCloseTo(0.125, 1);
  });

  it('through a pipe, from the first byte', async () => {
    make('pipe.flac');
    const whole = await readAudio(path('pipe.flac'));
    const stream = await openAudioStream(Readable.from(execFileSync('cat', [path('pipe.flac')])));
    expect((await blocksOf(stream)).flatMap((block) => [...block])).toEqual([...whole.samples.data]);
  });

  it('by a name that looks like an option', async () => {
    await mkdir(path('dash'));
    make('dash/-i.flac');
    const before = process.cwd();
    process.chdir(path('dash'));
    try {
      expect((await readAudio('-i.flac')).samples.shape).toEqual([11025, 1]);
    } finally {
      process.chdir(before);
    }
  });

  it('can be left before the end', async () => {
    make('early.flac', [], 60);
    const stream = await openAudio(path('early.flac'), { sampleRate: 16000 });
    for await (const block of stream) if (block.length > 0) break;
    const unread = await openAudio(path('early.flac'));
    await unread.close();
  });

  it('that hold no sound are refused', async () => {
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-y',
      '-f',
      'lavfi',
      '-i',
      'color=s=16x16:d=0.1',
      path('mute.mp4'),
    ]);
    await expect(openAudio(path('mute.mp4'))).rejects.toThrow(
      refusal(`${path('mute.mp4')}: ffmpeg cannot read it: it holds no sound`),
    );
    await writeFile(path('noise.mp3'), Buffer.alloc(5000, 'not a sound '));
    await expect(openAudio(path('noise.mp3'))).rejects.toThrow(
      refusal(`${path('noise.mp3')}: ffmpeg cannot read it: it is no sound or video, or it is damaged`),
    );
  });

  it('a format that needs jumps says so on a pipe', async () => {
    make('jump.m4a', ['-c:a', 'aac'], 30);
    const bytes = execFileSync('cat', [path('jump.m4a')]);
    const read = async () => blocksOf(await openAudioStream(Readable.from(bytes), 'standard input'));
    await expect(read()).rejects.toThrow(
      refusal(
        'standard input: ffmpeg cannot read it: it is cut off, or of a format that can be read from a file only, not ' +
          'from a pipe',
      ),
    );
  });

  it('playlists reach neither the network nor other files', async () => {
    let requests = 0;
    const server = createServer((_, response) => {
      requests++;
      response.end(WAV);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.wav`;
    await writeFile(path('secret.wav'), WAV);
    const hls = (target: string) =>
      `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n${target}\n#EXT-X-ENDLIST\n`;
    const lists = {
      'net.m3u8': hls(url),
      'file.m3u8': hls(`file://${path('secret.wav')}`),
      'disguised.mp3': hls(path('secret.wav')),
      'script.ffconcat': 'ffconcat version 1.0\nfile secret.wav\n',
      'script.mp3': `ffconcat version 1.0\nfile ${url}\n`,
    };
    try {
      for (const [name, content] of Object.entries(lists)) {
        await writeFile(path(name), bytesOf(content));
        await expect(readAudio(path(name))).rejects.toThrow(
          refusal(
            `${path(name)}: ffmpeg cannot read it: it is no sound or video, or a playlist, which is refused`,
          ),
        );
        await expect(openAudioStream(Readable.from([bytesOf(content)]))).rejects.toThrow(InputError);
      }
      await expect(readAudio(url)).rejects.toThrow(
        refusal(`cannot read ${url}: no such file or folder; check the path`),
      );
      expect(requests).toBe(0);
    } finally {
      server.close();
    }
  });
});

const speech = shared('data/speech/LJ001-0001.wav');
it.skipIf(!speech)('real speech at another rate keeps its power', async () => {
  const { samples } = await readAudio(speech!, { sampleRate: 44100 });
  expect(samples.shape).toEqual([425786, 1]);
  const power = samples.data.reduce((sum, x) => sum + x * x, 0) / 2;
  expect(power / 1993.866190369241).toBeCloseTo(1, 2);
});
