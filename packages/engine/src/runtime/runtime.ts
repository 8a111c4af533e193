/**
 * @module What the engine asks of whoever executes its programs.
 */
import type { Device } from '../compile/lowering.js';
import type { NDArray } from '../ndarray.js';

export interface SessionOptions {
  /** Writes ONNX Runtime's trace of every run to a file with this prefix (Node only). */
  readonly profilePrefix?: string;
}

/** Loads ONNX models onto a device. */
export interface Runtime {
  readonly device: Device;
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>;
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
  /** Ends profiling and completes the trace file. */
  endProfiling(): void;
  release(): Promise<void>;
}

/** How a runtime is chosen. */
export interface RuntimeOptions {
  /** `cpu` in Node and `wasm` in the browser by default. */
  readonly device?: Device;
  /** Threads for one operator; all cores by default. */
  readonly threads?: number;
}
