import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile as readRaw,
  stat,
  symlink,
  writeFile as writeRaw,
} from 'node:fs/promises';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/support.js';
import { InputError } from './errors.js';
import { OutputFile, OutputStream, readFile, writeFile } from './files.js';

const path = temporaryFolder();
const bytes = (...values: number[]) => Uint8Array.from(values);

/** Made anew for each test, so that what is left behind in it is the test's own doing. */
async function folder(name: string): Promise<(file: string) => string> {
  await mkdir(path(name));
  return (file) => path(`${name}/${file}`);
}

describe('writeFile', () => {
  it('writes the chunks in order and leaves nothing else behind', async () => {
    const at = await folder('plain');
    await writeFile(at('a.bin'), [bytes(1, 2), bytes(), bytes(3)]);
    expect([...(await readFile(at('a.bin')))]).toEqual([1, 2, 3]);
    expect(await readdir(path('plain'))).toEqual(['a.bin']);
  });

  it('keeps the old file and removes the temporary one when the content fails half way', async () => {
    const at = await folder('fails');
    await writeRaw(at('a.bin'), 'old');
    function* chunks() {
      yield bytes(1, 2, 3);
      throw new Error('generator failed');
    }
    await expect(writeFile(at('a.bin'), chunks())).rejects.toThrow('generator failed');
    expect(await readRaw(at('a.bin'), 'utf8')).toBe('old');
    expect(await readdir(path('fails'))).toEqual(['a.bin']);
  });

  it('replaces what a link names, not the link, and keeps the permissions', async () => {
    const at = await folder('links');
    await writeRaw(at('real.bin'), 'old');
    await chmod(at('real.bin'), 0o640);
    await symlink('real.bin', at('link.bin'));
    await writeFile(at('link.bin'), [bytes(7)]);
    expect((await lstat(at('link.bin'))).isSymbolicLink()).toBe(true);
    expect([...(await readFile(at('real.bin')))]).toEqual([7]);
    expect((await stat(at('real.bin'))).mode & 0o777).toBe(0o640);
  });

  it('writes to a device in place', async () => {
    await writeFile('/dev/null', [bytes(1)]);
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  it('says that the disk is full', async () => {
    await expect(writeFile('/dev/full', [bytes(1)])).rejects.toThrow(
      new InputError('cannot write /dev/full: the disk is full; free some space and run again'),
    );
  });

  it('refuses a folder and a path in no folder', async () => {
    const at = await folder('refused');
    await expect(writeFile(path('refused'), [])).rejects.toThrow(
      new InputError(`cannot write ${path('refused')}: it is a folder; give the path of a file`),
    );
    await expect(writeFile(at('none/a.bin'), [])).rejects.toThrow(
      new InputError(`cannot write ${at('none/a.bin')}: no such file or folder; check the path`),
    );
    await expect(writeFile('', [])).rejects.toThrow(
      new InputError('cannot write a file: its path is empty; give a path'),
    );
  });
});

describe('OutputFile', () => {
  it('shows nothing under the final name before commit', async () => {
    const at = await folder('stream');
    const file = await OutputFile.open(at('a.bin'));
    await file.append(bytes(0, 0, 0));
    await file.append(bytes(4));
    await file.writeAt(1, bytes(9));
    expect(file.length).toBe(4);
    await expect(readFile(at('a.bin'))).rejects.toThrow(InputError);
    await file.commit();
    expect([...(await readFile(at('a.bin')))]).toEqual([0, 9, 0, 4]);
  });

  it('removes its temporary file on abort, and abort after commit keeps the file', async () => {
    const at = await folder('abort');
    const dropped = await OutputFile.open(at('a.bin'));
    await dropped.append(bytes(1));
    await dropped.abort();
    expect(await readdir(path('abort'))).toEqual([]);
    const kept = await OutputFile.open(at('b.bin'));
    await kept.commit();
    await kept.abort();
    expect(await readdir(path('abort'))).toEqual(['b.bin']);
  });
});

describe('OutputStream', () => {
  it('waits until the bytes are taken', async () => {
    const stream = new PassThrough();
    const output = new OutputStream(stream, 'standard output');
    await output.append(bytes(1, 2));
    await output.append(bytes(3));
    stream.end();
    expect([...Buffer.concat(await stream.toArray())]).toEqual([1, 2, 3]);
  });

  it('turns a closed pipe into one line', async () => {
    const broken = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    });
    await expect(new OutputStream(broken, 'standard output').append(bytes(1))).rejects.toThrow(
      new InputError('cannot write standard output: the reading end of the pipe was closed'),
    );
  });
});

describe('readFile', () => {
  it('names a missing file and a folder', async () => {
    await expect(readFile('no/such.pt')).rejects.toThrow(
      new InputError('cannot read no/such.pt: no such file or folder; check the path'),
    );
    await expect(readFile(path(''))).rejects.toThrow(
      new InputError(`cannot read ${path('')}: it is a folder; give the path of a file`),
    );
  });
});
