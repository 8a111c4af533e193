/**
 * @module The cases of editing.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case, Command, Setting, Side } from '../case.js';
import { BATCH, ROWS } from './work.js';

const PIP = 'pip install torch torchdiffeq into an environment whose python SEXTANT_PYTHON names';

/** Every case: ours first, then PyTorch. */
export function editCases({ threads, folder, python }: Setting): Case[] {
  const compared = (name: string, title: string, rounds: number): Case => {
    const common = { threads, folder: join(folder, 'edit') };
    const ours = (job: string): Command => ({
      executable: process.execPath,
      script: fileURLToPath(new URL('./ours.js', import.meta.url)),
      options: { job, ...common },
    });
    const pytorch: Command = {
      executable: python,
      script: fileURLToPath(new URL('../../peers/edit.py', import.meta.url)),
      options: { job: name, ...common },
      install: PIP,
    };
    const sides: Side[] = [
      { name: 'Sextant', role: 'ours', command: ours(name) },
      { name: 'PyTorch and torchdiffeq', role: 'peer', command: pytorch, needs: [ours('work')] },
    ];
    return { name, title, rounds, warmUp: 1, sides };
  };
  return [
    compared('edit', `one edit of a code of ${ROWS} rows of 512: encoded and decoded, dopri5 at 1e-5`, 9),
    compared('flow-step', `a training step of the flow on ${BATCH} codes: adjoint, dopri5 at 1e-5`, 5),
  ];
}
