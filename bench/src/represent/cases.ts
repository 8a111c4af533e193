/**
 * @module The representations' cases.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case, Command, Setting, Side } from '../case.js';
import { BATCH, PICTURES } from './work.js';

const PIP = 'pip install torch torchvision into an environment whose python SEXTANT_PYTHON names';

/** Every case: ours first, then PyTorch. */
export function representCases({ threads, folder, python }: Setting): Case[] {
  const compared = (name: string, title: string, rounds: number): Case => {
    const common = { threads, folder: join(folder, name) };
    const ours = (job: string): Command => ({
      executable: process.execPath,
      script: fileURLToPath(new URL('./ours.js', import.meta.url)),
      options: { job, ...common },
    });
    const pytorch: Command = {
      executable: python,
      script: fileURLToPath(new URL('../../peers/represent.py', import.meta.url)),
      options: { job: name, ...common },
      install: PIP,
    };
    const sides: Side[] = [
      { name: 'Sextant', role: 'ours', command: ours(name) },
      { name: 'PyTorch', role: 'peer', command: pytorch, needs: [ours(`work-${name}`)] },
    ];
    return { name, title, rounds, warmUp: 1, sides };
  };
  return [
    compared('step', `ResNet-18, a training step by Adam on ${BATCH} pictures of 32 × 32`, 5),
    compared('infer', `ResNet-18, vectors of ${BATCH} pictures of 32 × 32`, 7),
    compared('views', `augmentation: two views of ${PICTURES} pictures of 32 × 32, from JPEG files`, 5),
    compared('views-memory', 'the same of pictures that are decoded in memory, as training keeps them', 5),
  ];
}
