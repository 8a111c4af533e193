/**
 * @module The cases of editing: the flow, StyleGAN2's generator, and its training.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case, Command, Setting, Side } from '../case.js';
import * as flow from './flow-work.js';
import * as generator from './generator-work.js';

interface Compared {
  readonly name: string;
  readonly title: string;
  readonly rounds: number;
  /** Whose programs: `flow-ours`, `peers/flow.py`. */
  readonly of: 'flow' | 'generator';
  readonly model?: keyof typeof generator.MODELS;
}

const PEERS = {
  flow: { name: 'PyTorch and torchdiffeq', packages: 'torch torchdiffeq' },
  generator: { name: 'PyTorch', packages: 'torch' },
} as const;

const STEP = `StyleGAN2 for 64 × 64 (preset small-64), ${generator.BATCH} pictures`;

const CASES: readonly Compared[] = [
  {
    name: 'edit',
    title: `one edit of a code of ${flow.ROWS} rows of 512: encoded and decoded, dopri5 at 1e-5`,
    rounds: 9,
    of: 'flow',
  },
  {
    name: 'flow-step',
    title: `a training step of the flow on ${flow.BATCH} codes: adjoint, dopri5 at 1e-5`,
    rounds: 5,
    of: 'flow',
  },
  {
    name: 'generator',
    title: 'StyleGAN2, configuration F, one picture of 256 × 256 from w+',
    rounds: 7,
    of: 'generator',
    model: 'generator',
  },
  {
    name: 'gan-step',
    title: `${STEP}: an update of each network`,
    rounds: 5,
    of: 'generator',
    model: 'training',
  },
  {
    name: 'gan-penalties',
    title: `${STEP}: an update of each network and one by each penalty`,
    rounds: 5,
    of: 'generator',
    model: 'training',
  },
];

/** Every case: ours first, then PyTorch. */
export const editCases = ({ threads, folder, python }: Setting): Case[] =>
  CASES.map(({ name, title, rounds, of, model }) => {
    const common = { threads, folder: join(folder, name), ...(model && { model: generator.MODELS[model] }) };
    const ours = (job: string): Command => ({
      executable: process.execPath,
      script: fileURLToPath(new URL(`./${of}-ours.js`, import.meta.url)),
      options: { job, ...common },
    });
    const pytorch: Command = {
      executable: python,
      script: fileURLToPath(new URL(`../../peers/${of}.py`, import.meta.url)),
      options: { job: name, ...common },
      install: `pip install ${PEERS[of].packages} into an environment whose python SEXTANT_PYTHON names`,
    };
    const sides: Side[] = [
      { name: 'Sextant', role: 'ours', command: ours(name) },
      { name: PEERS[of].name, role: 'peer', command: pytorch, needs: [ours('work')] },
    ];
    return { name, title, rounds, warmUp: 1, sides };
  });
