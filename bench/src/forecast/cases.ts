/**
 * @module The forecast's cases.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case, Command, Setting, Side } from '../case.js';
import { BATCH, HISTORY, HORIZON, peerConfig, SAMPLES, SERIES, type Variant } from './work.js';

const PIP = 'pip install torch into an environment whose python SEXTANT_PYTHON names';

/** Every case: ours first, then PyTorch. */
export function forecastCases({ threads, folder, python }: Setting): Case[] {
  /** Commands of one case, which has a folder of its own: what sides make for each other has one name in all. */
  const commands = (name: string, variant: Variant) => {
    const common = { threads, folder: join(folder, name) };
    return {
      ours: (job: string): Command => ({
        executable: process.execPath,
        script: fileURLToPath(new URL('./ours.js', import.meta.url)),
        options: { job, ...common, ...variant },
      }),
      pytorch: (job: string): Command => ({
        executable: python,
        script: fileURLToPath(new URL('../../peers/forecast.py', import.meta.url)),
        options: { job, ...common, config: peerConfig(variant) },
        install: PIP,
      }),
    };
  };

  const compared = (name: string, title: string, job: string, variant: Variant): Case => {
    const { ours, pytorch } = commands(name, variant);
    const sides: Side[] = [
      { name: 'Sextant', role: 'ours', command: ours(job) },
      { name: 'PyTorch', role: 'peer', command: pytorch(job), needs: [ours(`work-${job}`)] },
    ];
    return { name, title, rounds: 7, warmUp: 2, sides };
  };
  const step = (name: string, title: string, variant: Variant): Case =>
    compared(
      name,
      `training step (k = 6), ${BATCH} windows of ${HISTORY + HORIZON} steps: ${title}`,
      'step',
      variant,
    );

  const exact: Variant = { pattern: 'full', dropout: 0 };
  return [
    step('step', 'log-sparse, dropout 0.1', { pattern: 'logsparse', dropout: 0.1 }),
    step('step-full', 'full, dropout 0.1', { pattern: 'full', dropout: 0.1 }),
    step('step-exact', 'log-sparse without dropout, so that losses can be compared', {
      pattern: 'logsparse',
      dropout: 0,
    }),
    compared(
      'predict',
      `${BATCH} series × ${SAMPLES} samples × ${HORIZON} steps, history ${HISTORY}, full attention`,
      'predict',
      exact,
    ),
    {
      name: 'predict-m4',
      title: `quantiles of ${SERIES} series × ${SAMPLES} samples × ${HORIZON} steps through NetworkMethod, log-sparse`,
      rounds: 5,
      warmUp: 1,
      sides: [
        {
          name: 'Sextant',
          role: 'ours',
          command: commands('predict-m4', { pattern: 'logsparse', dropout: 0 }).ours('predict-m4'),
        },
      ],
    },
  ];
}
