/**
 * @module The vocoder's cases.
 */
import { fileURLToPath } from 'node:url';
import { PRESETS } from '@sextant/vocoder';
import type { Case, Command, Setting, Side } from '../case.js';
import { peaks } from '../peak.js';
import { audioSeconds, FRAMES, flopsPerFrame, type Preset } from './work.js';

const PIP = 'pip install torch onnx into an environment whose python SEXTANT_PYTHON names';
const NPM = 'npm install --no-save @tensorflow/tfjs @tensorflow/tfjs-backend-wasm';

/** Every case: ours first, then peers, then yardsticks. */
export function vocoderCases(setting: Setting): Case[] {
  const { threads, folder, python } = setting;

  const node = (file: string, job: string, preset: Preset): Command => ({
    executable: process.execPath,
    script: fileURLToPath(new URL(file, import.meta.url)),
    options: { job, threads, folder, preset },
  });
  const ours = (job: string, preset: Preset): Command => node('./ours.js', job, preset);
  const pytorch = (job: string, preset: Preset): Command => ({
    executable: python,
    script: fileURLToPath(new URL('../../peers/vocoder.py', import.meta.url)),
    options: { job, threads, folder, preset, config: PRESETS[preset] },
    install: PIP,
  });

  const sextant = (job: string, preset: Preset): Side => ({
    name: 'Sextant',
    role: 'ours',
    command: ours(job, preset),
  });
  const torch = (name: string, job: string, preset: Preset): Side => ({
    name,
    role: 'peer',
    command: pytorch(job, preset),
    needs: [ours('work', preset)],
  });

  const generator = (name: string, title: string, preset: Preset, job: string): Case => {
    const flops = FRAMES * flopsPerFrame(PRESETS[preset].generator);
    const exported: Side = {
      name: 'PyTorch → ONNX → onnxruntime-node',
      role: 'peer',
      command: { ...node('./exported.js', 'generate', preset), install: PIP },
      needs: [ours('work', preset), pytorch('export', preset)],
    };
    const tensorflow: Side = {
      name: 'TensorFlow.js (Wasm)',
      role: 'peer',
      command: { ...node('./tensorflow.js', 'generate', preset), install: NPM },
    };
    const sides = [sextant(job, preset), torch('PyTorch', 'generate', preset), exported, tensorflow];
    return {
      name,
      title,
      rounds: 7,
      warmUp: 2,
      audioSeconds: audioSeconds(preset),
      sides: [...sides.map((side) => ({ ...side, flops })), ...peaks(setting)],
    };
  };

  return [
    generator('generator', 'full-size generator (ngf 32), 10 s of mel', 'paper', 'generate'),
    generator('generator-8bit', 'the same in 8 bits, beside peers in float32', 'paper', 'generate8bit'),
    generator('generator-small', "the small preset's generator (ngf 16), 10 s of mel", 'small', 'generate'),
    {
      name: 'train',
      title:
        'full training step (paper preset, 16 × 8192 samples): mel, generator, 3 discriminators, 2 Adam updates',
      rounds: 5,
      warmUp: 2,
      sides: [
        sextant('train', 'paper'),
        torch("PyTorch, as the authors' code", 'train', 'paper'),
        torch('PyTorch, without gradients that nobody uses', 'train-frozen', 'paper'),
      ],
    },
    {
      name: 'compile',
      title: 'trace, differentiate, write ONNX and create the session of that step, in a fresh process',
      rounds: 5,
      warmUp: 1,
      fresh: true,
      sides: [sextant('compile', 'paper')],
    },
    {
      name: 'command',
      title: '`sextant vocoder synthesize` of a 1-second clip, the whole process',
      rounds: 7,
      warmUp: 2,
      sides: [sextant('command', 'paper')],
    },
  ];
}
