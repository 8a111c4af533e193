import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { array } from '@sextant/engine';
import { encodeWav, InputError } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/support.js';
import { crc32c } from './crc32c.js';
import { EventWriter } from './tensorboard.js';
import { type Event, EventSchema } from './tensorboard_pb.js';

const path = temporaryFolder();

describe('crc32c', () => {
  // RFC 3720, appendix B.4.
  it.each([
    ['zeros', new Uint8Array(32), 0x8a9136aa],
    ['ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['increasing', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['decreasing', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ['text', Buffer.from('123456789'), 0xe3069283],
  ])('of %s', (_, bytes, checksum) => {
    expect(crc32c(bytes)).toBe(checksum);
  });
});

/** The checksum by bits, rotated and shifted as TFRecord says: written apart from what it checks. */
function masked(bytes: Uint8Array): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  crc ^= 0xffffffffn;
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

/** All events of a file, with every length and checksum looked at. */
function eventsOf(file: string): Event[] {
  const bytes = readFileSync(file);
  const events: Event[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(masked(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(masked(data));
    events.push(fromBinary(EventSchema, Uint8Array.from(data)));
    at += 12 + length + 4;
  }
  return events;
}

function written(name: string, write: (w: EventWriter) => void, firstStep?: number): Event[] {
  mkdirSync(path(name));
  const writer = new EventWriter(path(name), firstStep);
  write(writer);
  writer.close();
  return eventsOf(writer.path);
}

/** A PNG of 2 × 1 RGB pixels without its checksums' values, which nobody reads here. */
const png = Buffer.concat([
  Buffer.from('89504e470d0a1a0a0000000d49484452' + '00000002000000010802000000', 'hex'),
  deflateSync(Buffer.from([0, 255, 0, 0, 0, 255, 0])),
]);

const sound = {
  sampleRate: 22050,
  samples: array([
    [0, 0.5],
    [-1, 1],
    [0.25, 0],
  ]),
};

describe('EventWriter', () => {
  it('opens with the format version and the first step', () => {
    const [version, session] = written('head', (w) => w.scalars(41, { loss: 1 }), 41);
    expect(version?.what).toEqual({ case: 'fileVersion', value: 'brain.Event:2' });
    expect(session).toMatchObject({ step: 41n, what: { case: 'sessionLog', value: { status: 1 } } });
    expect(Math.abs(version!.wallTime - Date.now() / 1000)).toBeLessThan(60);
  });

  it('makes no file where nothing is written', () => {
    mkdirSync(path('nothing'));
    const writer = new EventWriter(path('nothing'));
    writer.scalars(1, {});
    writer.close();
    expect(readdirSync(path('nothing'))).toEqual([]);
  });

  it('writes scalars, zero among them', () => {
    const [, , event] = written('scalars', (w) => w.scalars(7, { 'train/loss': 0.25, 'train/zero': 0 }));
    expect(event?.step).toBe(7n);
    expect(event?.what.case === 'summary' && event.what.value.value).toMatchObject([
      { tag: 'train/loss', value: { case: 'simpleValue', value: 0.25 } },
      { tag: 'train/zero', value: { case: 'simpleValue', value: 0 } },
    ]);
  });

  it('writes pictures and sounds with their measures', () => {
    const [, , image, audio] = written('media', (w) => {
      w.image(1, 'mel', png);
      w.audio(1, 'sample', sound);
    });
    expect(image?.what.case === 'summary' && image.what.value.value[0]).toMatchObject({
      tag: 'mel',
      value: { case: 'image', value: { width: 2, height: 1, colorspace: 3 } },
    });
    expect(audio?.what.case === 'summary' && audio.what.value.value[0]).toMatchObject({
      tag: 'sample',
      value: {
        case: 'audio',
        value: {
          sampleRate: 22050,
          numChannels: 2n,
          lengthFrames: 3n,
          contentType: 'audio/wav',
          encodedAudioString: encodeWav(sound),
        },
      },
    });
  });

  it('refuses bytes that are no picture', () => {
    written('refused', (w) => {
      w.scalars(1, { loss: 1 });
      for (const bytes of [encodeWav(sound), png.subarray(0, 20)]) {
        expect(() => w.image(1, 'a', bytes)).toThrow(new InputError('image: not the bytes of a PNG file'));
      }
    });
  });
});
