/**
 * @module Errors that name the operation, the shapes and the line of the user's program.
 */

/** A mistake in how the engine was called: shapes that do not fit, an unknown axis, a missing gradient. */
export class TensorError extends Error {
  override readonly name = 'TensorError';
  constructor(op: string, message: string, site: string | undefined = callSite(new Error())) {
    super(`${op}: ${message}${site ? ` (at ${site})` : ''}`);
  }
}

// This file's folder is the engine's own source or build; frames below it are not the user's.
const ENGINE_FOLDER = new URL('.', import.meta.url).pathname;

/** `file:line:column` of the first stack frame outside the engine, read from a captured error. */
export function callSite(error: Error): string | undefined {
  for (const line of (error.stack ?? '').split('\n').slice(1)) {
    const match = /\(?((?:file:\/\/|https?:\/\/|\/|[A-Za-z]:\\)[^()]*?:\d+:\d+)\)?$/.exec(line.trim());
    if (!match || line.includes('node:internal')) continue;
    const place = match[1]!.replace('file://', '');
    if (!place.includes(ENGINE_FOLDER) || /\.test\.[jt]s/.test(place)) return place;
  }
  return undefined;
}
