/**
 * @module Ctrl-C as an AbortSignal.
 */
import { constants } from 'node:os';

/** Ctrl-C, what `kill` and shutting down send, and a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A signal that SIGINT, SIGTERM or SIGHUP aborts. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** What a process that was interrupted exits with, as shells expect: 128 + the signal's number; undefined before. */
  readonly exitCode: number | undefined;
  /** Gives the signals their usual effect back. */
  dispose(): void;
}

/** `npx` and `npm run` pass a signal on that the terminal sends too: what comes this soon is the same Ctrl-C. */
const SAME_MILLISECONDS = 1000;

/** A terminal that was closed takes no more lines, which must not end what is still to be saved. */
function ignoreHangUp(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EIO') throw error;
}

/**
 * Listens for SIGINT (Ctrl-C), SIGTERM and SIGHUP. The first one aborts; one that comes a second or more later ends
 * the process at once, as it does without a listener.
 *
 * @param onInterrupt - told when the first one comes, for a line such as `Finishing this step …`.
 */
export function interruptSignal(onInterrupt: () => void = () => {}): Interrupt {
  const controller = new AbortController();
  let first: { readonly name: NodeJS.Signals; readonly at: number } | undefined;
  const dispose = () => {
    for (const name of SIGNALS) process.off(name, listener);
  };
  const listener = (name: NodeJS.Signals) => {
    if (first === undefined) {
      first = { name, at: performance.now() };
      onInterrupt();
      controller.abort();
    } else if (performance.now() - first.at >= SAME_MILLISECONDS) {
      dispose();
      process.kill(process.pid, name);
    }
  };
  for (const name of SIGNALS) process.on(name, listener);
  // For good: a write's error comes after the write.
  for (const stream of [process.stdout, process.stderr])
    stream.off('error', ignoreHangUp).on('error', ignoreHangUp);
  return {
    signal: controller.signal,
    get exitCode() {
      return first && 128 + constants.signals[first.name];
    },
    dispose,
  };
}
