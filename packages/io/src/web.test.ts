import { readFileSync } from 'node:fs';
import { NDArray } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import * as everything from './index.js';
import * as web from './web.js';

/** The modules that a source file imports at run time. */
function importsOf(file: URL): string[] {
  const source = readFileSync(file, 'utf8');
  return [...source.matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from '([^']+)'/gms)].map(
    (m) => m[1] as string,
  );
}

describe('@sextant/io/web', () => {
  it('reaches no module of Node, and no package but these', () => {
    const queue = [new URL('./web.ts', import.meta.url)];
    const seen = new Set<string>();
    const packages = new Set<string>();
    for (let file = queue.pop(); file; file = queue.pop()) {
      if (seen.has(file.href)) continue;
      seen.add(file.href);
      expect(readFileSync(file, 'utf8')).not.toMatch(/\b(Buffer\.|process\.|require\()/);
      for (const name of importsOf(file)) {
        if (name.startsWith('.')) queue.push(new URL(name.replace(/\.js$/, '.ts'), file));
        else packages.add(name);
      }
    }
    expect(seen.size).toBeGreaterThan(10);
    expect([...packages].sort()).toEqual(['@sextant/engine', 'fflate', 'zod']);
    // The walk sees what it should: the other entry does reach Node.
    expect(importsOf(new URL('./files.ts', import.meta.url))).toContain('node:fs/promises');
  });

  it('works on bytes alone', () => {
    const array = new NDArray(Float32Array.of(1, 2), [2], 'float32');
    const tensors = new Map([['x', array]]);
    expect(web.decodeSafetensors(web.encodeSafetensors(tensors)).tensors).toEqual(tensors);
    expect(web.stateDict(web.decodePyTorch(web.encodePyTorch(tensors)))).toEqual(tensors);
    expect(web.decodeNpy(web.encodeNpy(array))).toEqual(array);
    expect(web.decodeNpz(web.encodeNpz(tensors))).toEqual(tensors);
    const audio = { sampleRate: 8000, samples: array.reshape([2, 1]) };
    expect(web.decodeWav(web.encodeWav(audio, 'float32'))).toEqual(audio);
  });

  it('is a part of the whole', () => {
    for (const [name, value] of Object.entries(web)) expect(everything).toHaveProperty(name, value);
  });
});
