import { open, writeFile } from 'node:fs/promises';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/support.js';
import { zipChunks } from './zip.js';
import { listZip, readZipEntry } from './zip-file.js';

const text = (s: string) => new TextEncoder().encode(s);
const folder = temporaryFolder();

async function contents(path: string): Promise<Record<string, string>> {
  const handle = await open(path);
  const read: Record<string, string> = {};
  for (const entry of await listZip(path)) {
    read[entry.name] = await readZipEntry(handle, entry).then(
      (bytes) => new TextDecoder().decode(bytes),
      (error) => `! ${error.message}`,
    );
  }
  await handle.close();
  return read;
}

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = folder(name);
  await writeFile(path, bytes);
  return path;
}

describe('archives read in ranges', () => {
  it.each([0, 9] as const)('what another library wrote at level %i, without folders', async (level) => {
    const bytes = zipSync({ folder: { x: text('x'.repeat(5000)) }, 'none/': new Uint8Array(0) }, { level });
    expect(await contents(await file(`${level}.zip`, bytes))).toEqual({ 'folder/x': 'x'.repeat(5000) });
  });

  it('more members than 16 bits count, in a directory longer than the end that is read first', async () => {
    const members = new Map(Array.from({ length: 65_540 }, (_, i) => [`${i}`, text(`${i}`)] as const));
    const path = await file('many.zip', new Uint8Array(Buffer.concat(zipChunks(members))));
    const entries = await listZip(path);
    expect(entries.length).toBe(65_540);
    const handle = await open(path);
    expect(await readZipEntry(handle, entries[65_539]!)).toEqual(text('65539'));
    await handle.close();
  });

  it('says of one member what is wrong with it, and reads the others', async () => {
    const bytes = zipSync({ '../up': text('u'), good: text('g'), bad: text('0123456789') }, { level: 0 });
    bytes[Buffer.from(bytes).indexOf('0123456789')]! += 1;
    expect(await contents(await file('mixed.zip', bytes))).toEqual({
      '../up': '! unsafe name',
      good: 'g',
      bad: '! checksum mismatch; the file is damaged',
    });
  });

  it('refuses what is cut off and what is no archive', async () => {
    const whole = zipSync({ x: text('x'.repeat(100)) }, { level: 0 });
    const cut = await file('cut.zip', whole.subarray(0, whole.length - 3));
    await expect(listZip(cut)).rejects.toThrow(`${cut}: the zip archive is damaged or cut off`);
    const empty = await file('empty.zip', new Uint8Array(0));
    await expect(listZip(empty)).rejects.toThrow('the zip archive is damaged or cut off');
    await expect(listZip(folder('none.zip'))).rejects.toThrow('no such file or folder');
  });
});
