/**
 * @module Ctrl-C as an AbortSignal.
 */

/** A signal that SIGINT (Ctrl-C) or SIGTERM aborts. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Gives both signals their usual effect back. */
  dispose(): void;
}

/** `npx` and `npm run` pass a signal on that the terminal sends too: what comes this soon is the same Ctrl-C. */
const SAME_MILLISECONDS = 1000;

/**
 * Listens for SIGINT and SIGTERM. The first one aborts; one that comes a second or more later ends the process
 * at once, as it does without a listener.
 *
 * @param onInterrupt - told when the first one comes, for a line such as `Finishing this step …`.
 */
export function interruptSignal(onInterrupt: () => void = () => {}): Interrupt {
  const controller = new AbortController();
  let first: number | undefined;
  const dispose = () => {
    process.off('SIGINT', listener);
    process.off('SIGTERM', listener);
  };
  const listener = (name: NodeJS.Signals) => {
    if (first === undefined) {
      first = performance.now();
      onInterrupt();
      controller.abort();
    } else if (performance.now() - first >= SAME_MILLISECONDS) {
      dispose();
      process.kill(process.pid, name);
    }
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return { signal: controller.signal, dispose };
}
