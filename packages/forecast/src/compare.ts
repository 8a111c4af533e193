/**
 * @module Methods side by side: each backtest in a process of its own, so that its memory is its own too.
 */
import { fork } from 'node:child_process';
import type { DeviceOptions } from '@sextant/system';
import type { ReadConfig } from './config.js';
import type { Backtest } from './evaluate.js';
import type { Variant } from './methods.js';
import type { PresetName } from './presets.js';

/** What a process is to do. */
export interface CompareJob {
  /** Path of the table, and how it is read. */
  readonly data: string;
  readonly read: ReadConfig;
  /** A classical method, the path of weights, or a preset to train. */
  readonly method:
    | { readonly classical: Variant }
    | { readonly weights: string }
    | { readonly train: PresetName };
  readonly horizon: number;
  readonly windows: number;
  readonly stride: number;
  readonly quantiles: readonly number[];
  readonly seed: number;
  readonly device: DeviceOptions;
}

export interface CompareResult {
  readonly backtest: Backtest;
  /** Of the training, where there was one. */
  readonly trainingSeconds?: number;
  /** Most memory that the process held, in bytes; the table is part of it. */
  readonly peakMemory: number;
}

/** Why there is no result. */
export interface CompareFailure {
  readonly error: string;
}

/** Does a job in a process of its own, which ends with this one. Does not throw: what fails says why. */
export function runJob(job: CompareJob): Promise<CompareResult | CompareFailure> {
  return new Promise((resolve) => {
    const child = fork(new URL('./compare-child.js', import.meta.url), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let answer: CompareResult | CompareFailure | undefined;
    let said = '';
    child.stderr?.on('data', (text: Buffer) => {
      said = (said + text.toString()).slice(-2000);
    });
    child.on('message', (message) => {
      answer = message as CompareResult | CompareFailure;
    });
    child.on('error', ({ message }) => resolve({ error: message }));
    child.on('close', (code, signal) => {
      const ended = signal ? `ended by ${signal}` : `ended with code ${code}`;
      resolve(answer ?? { error: [ended, said.trim().split('\n').at(-1)].filter(Boolean).join(': ') });
    });
    child.send(job);
  });
}
