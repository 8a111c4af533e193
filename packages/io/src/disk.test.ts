import { readdir } from 'node:fs/promises';
import { NDArray } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/support.js';
import * as disk from './disk.js';
import { InputError } from './errors.js';
import { writeFile } from './files.js';

const path = temporaryFolder();
const array = new NDArray(Float32Array.of(1, 2, 3), [3], 'float32');
const tensors = new Map([['layer.weight', array]]);

describe('files', () => {
  it('are read as they were written, and nothing else is left in the folder', async () => {
    await disk.writeSafetensors(path('a.safetensors'), tensors, { epoch: '3' });
    await disk.writePyTorch(path('a.pt'), tensors);
    await disk.writeNpy(path('a.npy'), array);
    await disk.writeNpz(path('a.npz'), tensors);
    expect(await disk.readSafetensors(path('a.safetensors'))).toEqual({ tensors, metadata: { epoch: '3' } });
    expect(await disk.readPyTorch(path('a.pt'))).toEqual(tensors);
    expect(await disk.readNpy(path('a.npy'))).toEqual(array);
    expect(await disk.readNpz(path('a.npz'))).toEqual(tensors);
    expect((await readdir(path(''))).sort()).toEqual(['a.npy', 'a.npz', 'a.pt', 'a.safetensors']);
  });

  it.each([
    ['safetensors', disk.readSafetensors, 'not a safetensors file: its header would exceed 100 MB'],
    ['pt', disk.readPyTorch, 'not a PyTorch checkpoint: neither a zip archive nor the older format'],
    ['npy', disk.readNpy, 'not a .npy file'],
    ['npz', disk.readNpz, 'the zip archive is damaged or cut off'],
  ])('%s: errors name the path', async (extension, read, message) => {
    const bad = path(`bad.${extension}`);
    await writeFile(bad, [new TextEncoder().encode('<html>Not Found, and some more text</html>')]);
    await expect(read(bad)).rejects.toThrow(new InputError(`${bad}: ${message}`));
    const none = path(`none.${extension}`);
    await expect(read(none)).rejects.toThrow(
      new InputError(`cannot read ${none}: no such file or folder; check the path`),
    );
  });

  it('errors of writing name the path', async () => {
    const bad = path('bad.pt');
    const wrong = new Map([['x', new NDArray(Uint16Array.of(1), [1], 'uint16')]]);
    await expect(disk.writePyTorch(bad, wrong)).rejects.toThrow(
      new InputError(`${bad}: tensor "x": PyTorch has no uint16 storage; convert it to int64`),
    );
    await expect(disk.writeNpy(path('none/a.npy'), array)).rejects.toThrow(
      new InputError(`cannot write ${path('none/a.npy')}: no such file or folder; check the path`),
    );
  });
});
