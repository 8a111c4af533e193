/**
 * @module TensorBoard event files: scalars, images and sounds of a training, in TFRecord framing.
 */
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Audio, encodeWav, fileError, InputError } from '@sextant/io';
import { crc32c } from './crc32c.js';
import {
  EventSchema,
  SessionLog_SessionStatus as Status,
  type Summary_ValueSchema,
} from './tensorboard_pb.js';

type EventInit = MessageInitShape<typeof EventSchema>;
type ValueInit = MessageInitShape<typeof Summary_ValueSchema>;

/** Counts the writers of this process, so that two opened in one second have different files. */
let opened = 0;

/**
 * Appends events to a new event file of a folder, made when the first one is written. Events reach the operating system before a call returns,
 * so a killed process loses none. Every method throws an InputError when the disk is full.
 */
export class EventWriter {
  readonly path: string;
  private file: number | undefined;

  /**
   * @param folder - an existing folder; TensorBoard shows each folder as one run.
   * @param firstStep - where this training begins: readers drop what earlier files of the folder hold from
   *   this step on, which a resumed training does again.
   */
  constructor(
    folder: string,
    private readonly firstStep = 1,
  ) {
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, '0');
    const name = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${opened++}`;
    this.path = join(folder, name);
  }

  /** Adds one point to the curve of each name (`train/loss`); stored as float32. */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    this.summary(
      step,
      Object.entries(values).map(([tag, value]) => ({ tag, value: { case: 'simpleValue', value } })),
    );
  }

  /** Adds a picture: the bytes of a PNG file. @throws InputError for anything else. */
  image(step: number, tag: string, png: Uint8Array): void {
    this.summary(step, [
      { tag, value: { case: 'image', value: { ...pngSize(png), encodedImageString: png } } },
    ]);
  }

  /** Adds a sound, stored as 16-bit WAV. @throws InputError when a sample is not finite. */
  audio(step: number, tag: string, audio: Audio): void {
    const [frames = 0, channels = 1] = audio.samples.shape;
    const value = {
      sampleRate: audio.sampleRate,
      numChannels: BigInt(channels),
      lengthFrames: BigInt(frames),
      encodedAudioString: encodeWav(audio),
      contentType: 'audio/wav',
    };
    this.summary(step, [{ tag, value: { case: 'audio', value } }]);
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
  }

  private summary(step: number, value: ValueInit[]): void {
    if (value.length === 0) return;
    this.append({ step: BigInt(step), what: { case: 'summary', value: { value } } });
  }

  private append(event: EventInit): void {
    if (this.file === undefined) {
      this.file = this.open();
      this.write(this.file, { what: { case: 'fileVersion', value: 'brain.Event:2' } });
      const start = { case: 'sessionLog', value: { status: Status.START } } as const;
      this.write(this.file, { step: BigInt(this.firstStep), what: start });
    }
    this.write(this.file, event);
  }

  private open(): number {
    try {
      return openSync(this.path, 'wx');
    } catch (error) {
      throw fileError('write', this.path, error);
    }
  }

  private write(file: number, event: EventInit): void {
    const bytes = toBinary(EventSchema, create(EventSchema, { wallTime: Date.now() / 1000, ...event }));
    try {
      appendFileSync(file, record(bytes));
    } catch (error) {
      throw fileError('write', this.path, error);
    }
  }
}

/** A TFRecord: length, checksum of the length, data, checksum of the data; little-endian. */
function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedChecksum(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedChecksum(data), true);
  return bytes;
}

/** Rotated and shifted, as TFRecord stores it: the checksum of data that holds its own checksum is of little use. */
function maskedChecksum(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Channels of PNG's colour types; 3 is a palette of RGB. */
const PNG_CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };

/** Height, width and channels from the header that opens every PNG file. */
function pngSize(png: Uint8Array): { height: number; width: number; colorspace: number } {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  if (png.length < 26 || view.getUint32(0) !== 0x89504e47)
    throw new InputError('image: not the bytes of a PNG file');
  return { width: view.getUint32(16), height: view.getUint32(20), colorspace: PNG_CHANNELS[png[25]!] ?? 3 };
}
