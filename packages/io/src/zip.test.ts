import { unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { expectFlipsSurvived, expectInputError, expectTruncationsRefused, seeded } from '../test/support.js';
import { decodeZip, zipChunks } from './zip.js';

const text = (s: string) => new TextEncoder().encode(s);
const join = (chunks: Uint8Array[]) => new Uint8Array(Buffer.concat(chunks));
const random = seeded(1);
const NOISE = Uint8Array.from({ length: 5000 }, () => Math.floor(random() * 256));
const FILES = {
  'a/hello.txt': text('hello '.repeat(1000)),
  'a/noise': NOISE,
  'é.txt': text(''),
  b: text('b'),
};

/** The position of the n-th occurrence of a little-endian 32-bit signature. */
function find(bytes: Uint8Array, signature: number, n = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 0; at + 4 <= bytes.length; at++) {
    if (view.getUint32(at, true) === signature && n-- === 0) return at;
  }
  throw new Error('signature not found');
}

const CENTRAL = 0x02014b50;
const END = 0x06054b50;

/** A copy with some 16- or 32-bit fields overwritten. */
function patch(bytes: Uint8Array, ...fields: [at: number, width: 16 | 32, value: number][]): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (const [at, width, value] of fields) {
    if (width === 16) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
  }
  return copy;
}

describe('reading', () => {
  it.each([0, 9] as const)('what another library wrote at level %i', (level) => {
    expect(decodeZip(zipSync(FILES, { level }))).toEqual(new Map(Object.entries(FILES)));
  });

  it('leaves folders out and shares the memory of stored members', () => {
    const bytes = zipSync({ folder: { x: text('x') }, 'empty/': new Uint8Array(0) }, { level: 0 });
    const members = decodeZip(bytes);
    expect([...members.keys()]).toEqual(['folder/x']);
    expect(members.get('folder/x')!.buffer).toBe(bytes.buffer);
  });

  it('follows the zip64 fields', () => {
    const plain = join(zipChunks(new Map([['x', text('12345')]])));
    const central = find(plain, CENTRAL);
    const end = find(plain, END);
    const extra = new Uint8Array(28);
    const fields = new DataView(extra.buffer);
    fields.setUint16(0, 1, true);
    fields.setUint16(2, 24, true);
    fields.setBigUint64(4, 5n, true);
    fields.setBigUint64(12, 5n, true);
    fields.setBigUint64(20, 0n, true);
    const wide = new Uint8Array(plain.length + extra.length);
    wide.set(plain.subarray(0, end));
    wide.set(extra, end);
    wide.set(plain.subarray(end), end + extra.length);
    const patched = patch(
      wide,
      [central + 20, 32, 0xffffffff],
      [central + 24, 32, 0xffffffff],
      [central + 42, 32, 0xffffffff],
      [central + 30, 16, 28],
      [end + 28 + 12, 32, end + 28 - central],
    );
    expect(decodeZip(patched)).toEqual(new Map([['x', text('12345')]]));
    const short = patch(patched, [end + 2, 16, 8]);
    expect(expectInputError(() => decodeZip(short))).toBe('the zip archive is damaged or cut off');
  });
});

describe('writing', () => {
  it('is read by another library, and by us', () => {
    const bytes = join(zipChunks(new Map(Object.entries(FILES))));
    expect(unzipSync(bytes)).toEqual(FILES);
    expect(decodeZip(bytes)).toEqual(new Map(Object.entries(FILES)));
  });

  it('aligns every member to 64 bytes', () => {
    const bytes = join(zipChunks(new Map(Object.entries(FILES))));
    for (const content of decodeZip(bytes).values()) expect(content.byteOffset % 64).toBe(0);
  });

  it('writes the same bytes twice', () => {
    const members = new Map(Object.entries(FILES));
    expect(zipChunks(members)).toEqual(zipChunks(members));
  });

  it('holds more than 65,535 members', () => {
    const members = new Map(
      Array.from({ length: 65_540 }, (_, i) => [`${i}`, Uint8Array.of(i & 255)] as const),
    );
    const read = decodeZip(join(zipChunks(members)));
    expect(read.size).toBe(65_540);
    expect(read.get('65539')).toEqual(Uint8Array.of(65539 & 255));
  });
});

describe('hostile archives', () => {
  const stored = zipSync({ one: text('11111'), two: text('22222') }, { level: 0 });
  const one = find(stored, CENTRAL);
  const two = find(stored, CENTRAL, 1);

  it.each<[string, Uint8Array, string]>([
    ['no bytes', new Uint8Array(0), 'the zip archive is damaged or cut off'],
    ['no zip', text('not a zip at all, but long enough to be one'), 'the zip archive is damaged or cut off'],
    [
      'an encrypted member',
      patch(stored, [one + 8, 16, 1]),
      'member "one": it is encrypted; unpack it and pack it anew',
    ],
    [
      'another method',
      patch(stored, [one + 10, 16, 93]),
      'member "one": compression method 93 is not supported',
    ],
    [
      'a wrong checksum',
      patch(stored, [one + 16, 32, 5]),
      'member "one": checksum mismatch; the file is damaged',
    ],
    [
      'stored sizes that differ',
      patch(stored, [one + 24, 32, 4]),
      'member "one": the zip archive is damaged or cut off',
    ],
    [
      'a member that ends outside',
      patch(stored, [two + 20, 32, 9e6], [two + 24, 32, 9e6]),
      'member "two": the zip archive is damaged or cut off',
    ],
    ['overlap', patch(stored, [two + 42, 32, 0]), 'overlaps another'],
    [
      'a directory that ends outside',
      patch(stored, [find(stored, END) + 12, 32, 9e6]),
      'the zip archive is damaged or cut off',
    ],
    [
      'too many members',
      patch(stored, [find(stored, END) + 10, 16, 3]),
      'the zip archive is damaged or cut off',
    ],
    [
      'too few members',
      patch(stored, [find(stored, END) + 10, 16, 1]),
      'the zip archive is damaged or cut off',
    ],
  ])('%s', (_, bytes, message) => {
    expect(expectInputError(() => decodeZip(bytes))).toContain(message);
  });

  it.each(['../up', '/absolute', 'a/../../b', 'C:\\windows', 'a\\b', 'nul\0'])('the name %j', (name) => {
    const bytes = zipSync({ [name]: text('x') }, { level: 0 });
    expect(expectInputError(() => decodeZip(bytes))).toBe(`member ${JSON.stringify(name)}: unsafe name`);
  });

  it('a name given twice', () => {
    const bytes = stored.slice();
    bytes.set(text('one'), two + 46);
    expect(expectInputError(() => decodeZip(bytes))).toBe('member "one": the archive holds it twice');
  });

  it('a bomb that says how large it is', () => {
    const bomb = zipSync({ zeros: new Uint8Array(5e6) }, { level: 9 });
    expect(bomb.length).toBeLessThan(100_000);
    expect(expectInputError(() => decodeZip(bomb, { maxInflatedBytes: 4e6 }))).toBe(
      'its compressed members unpack to 5000000 bytes, more than the limit of 4000000; store them uncompressed',
    );
    expect(decodeZip(bomb, { maxInflatedBytes: 5e6 }).get('zeros')!.length).toBe(5e6);
    const huge = patch(bomb, [find(bomb, CENTRAL) + 24, 32, 0xfffffffe]);
    expect(expectInputError(() => decodeZip(huge))).toContain('more than the limit of 1073741824');
  });

  it('a bomb that lies about its size', () => {
    const bomb = zipSync({ zeros: new Uint8Array(30e6) }, { level: 9 });
    const liar = patch(bomb, [find(bomb, CENTRAL) + 24, 32, 1000]);
    const before = process.memoryUsage().arrayBuffers;
    expect(expectInputError(() => decodeZip(liar))).toBe(
      'member "zeros": it unpacks to more than the 1000 bytes it declares',
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40e6);
  });

  it('a member that unpacks to less than it says', () => {
    const bytes = zipSync({ zeros: new Uint8Array(1000) }, { level: 9 });
    const liar = patch(bytes, [find(bytes, CENTRAL) + 24, 32, 1001]);
    expect(expectInputError(() => decodeZip(liar))).toBe(
      'member "zeros": it unpacks to 1000 bytes, not the 1001 it declares',
    );
  });

  it('every truncation, and random damage to stored and compressed members', () => {
    for (const level of [0, 9] as const) {
      const bytes = zipSync(FILES, { level });
      expectTruncationsRefused(bytes, decodeZip, 800);
      const refused = expectFlipsSurvived(bytes, decodeZip, 1000);
      // Every byte of the contents is under a checksum; only bytes such as dates may change unseen.
      expect(refused.length).toBeGreaterThan(950);
    }
  });
});
