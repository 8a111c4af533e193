/**
 * @module The runtime that programs use unless they are given one.
 */
import { createRuntime } from '#runtime';
import type { Runtime } from './runtime.js';

export { createRuntime };

let chosen: Runtime | undefined;

/** The default runtime: the CPU in Node, Wasm in a browser, or what {@link setDefaultRuntime} was given. */
export function defaultRuntime(): Runtime {
  chosen ??= createRuntime();
  return chosen;
}

/** Makes programs without a runtime of their own run on this one. */
export function setDefaultRuntime(runtime: Runtime): void {
  chosen = runtime;
}
