/**
 * @module Errors that name the operation, its scope, the shapes and the line of the user's program.
 */
import { currentScope } from './scope.js';

/** Where a mistake was made. */
interface Place {
  /** `file:line:column` of the call; undefined where it is not known. */
  readonly callSite: string | undefined;
  readonly scope: string;
}

/** Of mistakes that have nothing to do with what is being recorded: a device, a file. */
export const NOWHERE: Place = { callSite: undefined, scope: '' };

/** A mistake in how the engine was called: shapes that do not fit, an unknown axis, a missing gradient. */
export class TensorError extends Error {
  override readonly name = 'TensorError';

  /** @param place - where it was made, such as a node; what is being recorded now by default. */
  constructor(op: string, message: string, place?: Place) {
    const { callSite: site, scope } = place ?? { callSite: callSite(deepError()), scope: currentScope() };
    super(`${op}${scope ? ` (in ${scope})` : ''}: ${message}${site ? ` (at ${site})` : ''}`);
  }
}

// The folders of the engine's and the layers' own sources or builds, which lie side by side in the repository as
// in node_modules: frames below them are not the user's.
const OWN_FOLDERS = ['.', '../../nn/'].map((path) => new URL(path, import.meta.url).pathname);

/** An error that kept more frames than are kept by default: a layer lies below many others. */
function deepError(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  try {
    return new Error();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** `file:line:column` of the first stack frame outside the engine and its layers, read from a captured error. */
export function callSite(error: Error): string | undefined {
  for (const line of (error.stack ?? '').split('\n').slice(1)) {
    const match = /\(?((?:file:\/\/|https?:\/\/|\/|[A-Za-z]:\\)[^()]*?:\d+:\d+)\)?$/.exec(line.trim());
    if (!match || line.includes('node:internal')) continue;
    const place = match[1]!.replace('file://', '');
    const own = OWN_FOLDERS.some((folder) => place.includes(folder));
    if (!own || /\.test\.[jt]s/.test(place)) return place;
  }
  return undefined;
}
