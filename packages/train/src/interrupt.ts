/**
 * @module Ctrl-C as an AbortSignal.
 */

/** A signal that SIGINT (Ctrl-C) or SIGTERM aborts. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Gives both signals their usual effect back. */
  dispose(): void;
}

/**
 * Listens for the first SIGINT or SIGTERM. A second one ends the process at once, as it does without a listener.
 *
 * @param onInterrupt - told when the first one comes, for a line such as `finishing this step …`.
 */
export function interruptSignal(onInterrupt: () => void = () => {}): Interrupt {
  const controller = new AbortController();
  const dispose = () => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  const stop = () => {
    dispose();
    onInterrupt();
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return { signal: controller.signal, dispose };
}
