/**
 * @module Vocoders for other programs.
 */
import { extname } from 'node:path';
import { InputError, writeFile, writePyTorch } from '@sextant/io';
import { generatorNames } from './import.js';
import type { Vocoder } from './infer.js';
import { encodeWeights } from './weights.js';

/**
 * Writes a vocoder by its file's extension: `.onnx`, `.safetensors` (ours), `.pt` (the authors' layout).
 *
 * @throws InputError for another extension, or when the file cannot be written.
 */
export async function exportVocoder(vocoder: Vocoder, path: string): Promise<void> {
  const { generator } = vocoder;
  switch (extname(path).toLowerCase()) {
    case '.onnx':
      return writeFile(path, [await vocoder.export()]);
    case '.safetensors':
      return writeFile(path, [encodeWeights(vocoder.weights)]);
    case '.pt': {
      const format = generator.config.inputShift === 0 ? 'official' : 'seungwonpark';
      const state = generator.stateDict();
      const named = [...generatorNames(format, generator.config)].map(
        ([ours, theirs]) => [theirs, state.get(ours)!] as const,
      );
      return writePyTorch(path, new Map(named));
    }
    default:
      throw new InputError(`${path}: the extension says what to write: .onnx, .safetensors or .pt`);
  }
}
