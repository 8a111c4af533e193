/**
 * @module What the engine asks of whoever executes its programs.
 */
import type { Device, Target } from '../compile/lowering.js';
import { NOWHERE, TensorError } from '../errors.js';
import type { NDArray } from '../ndarray.js';

/** Loads ONNX models onto a device. */
export interface Runtime {
  readonly device: Device;
  /** Threads that one operator may use: how much work is worth giving it at once. */
  readonly threads: number;
  /** What programs for this runtime are lowered for. */
  target(): Promise<Target>;
  /** @param name - what a profile calls the session. */
  createSession(model: Uint8Array, name: string): Promise<Session>;
  /**
   * Completes the profile of everything run so far, where one was asked for ({@link RuntimeOptions}). Later
   * runs are not profiled. A profile that nobody completes is completed when the process exits.
   */
  endProfiling(): void;
}

/** A loaded model. */
export interface Session {
  /**
   * Runs the model.
   *
   * @param outputs - the wanted outputs; an array given for one receives its elements in place.
   */
  run(
    feeds: ReadonlyMap<string, NDArray>,
    outputs: ReadonlyMap<string, NDArray | undefined>,
  ): Promise<ReadonlyMap<string, NDArray>>;
  release(): Promise<void>;
}

/** What Node can compute on, where the machine and the installed `onnxruntime-node` have it. */
export const NODE_DEVICES = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const satisfies readonly Device[];

/** How a runtime is chosen. */
export interface RuntimeOptions {
  /** `cpu` in Node and `wasm` in the browser by default. */
  readonly device?: Device;
  /**
   * Threads for one operator, at most 1024; all cores by default. In a browser ONNX Runtime takes half, at most 4, and a page
   * keeps to what its first program was given.
   */
  readonly threads?: number;
  /**
   * File that receives the time of every operation of every program of this runtime, as a Chrome trace with
   * our operation names (Node only). Read it with `chrome://tracing`, Perfetto or `summarizeProfile`.
   */
  readonly profile?: string;
}

/** More threads than the largest machines have cores exhaust memory before the first program runs. */
export const MAX_THREADS = 1024;

/** @throws TensorError for a number of threads that is not a whole number from 1 to 1024. */
export function checkThreads(threads: number | undefined): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1 && threads <= MAX_THREADS)) return;
  throw new TensorError(
    'threads',
    `must be a whole number from 1 to ${MAX_THREADS}, not ${threads}`,
    NOWHERE,
  );
}
