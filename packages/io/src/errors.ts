/**
 * @module The one error for everything that is wrong with what a user gave: a file, a path, a format.
 */

import { TensorError } from '@sextant/engine';

/**
 * The user's data or path is at fault. The message is one line that says what is wrong and what to do; a program
 * prints it without a stack.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Runs `fn`; an InputError it throws gets the file or member it happened in put before its message. */
export function within<T>(where: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw error instanceof InputError
      ? new InputError(`${where}: ${error.message}`, { cause: error })
      : error;
  }
}

/**
 * Runs `fn` on arrays from a file; a TensorError it throws is the file's fault.
 *
 * @param what - what the arrays are not, for the message: `these are not weights of the flow`.
 */
export function fromFile<T>(what: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    // Without the operation's name and the line of the program that it adds.
    const reason = error.message.replace(/^loadStateDict: | \(at [^()]*\)$/g, '');
    throw new InputError(`${what}: ${reason}`, { cause: error });
  }
}

/** A value found in a file, as short text on one line for an error message. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder; check the path',
  EEXIST: 'a file of that name exists; choose another path',
  ENOTDIR: 'a part of the path is a file, not a folder; check the path',
  EISDIR: 'it is a folder; give the path of a file',
  EACCES: 'permission denied; change its permissions or choose another path',
  EPERM: 'operation not permitted; change its permissions or choose another path',
  EROFS: 'the file system is read-only; choose another path',
  ENOSPC: 'the disk is full; free some space and run again',
  EDQUOT: 'the disk quota is used up; free some space and run again',
  EFBIG: 'the file is larger than the file system allows; choose another disk',
  ENAMETOOLONG: 'the name is too long; choose a shorter one',
  ELOOP: 'the path goes round in symbolic links; check the path',
  EMFILE: 'too many open files; close some or raise the limit',
  ENFILE: 'too many open files on this machine; close some',
  EPIPE: 'the reading end of the pipe was closed',
  EIO: 'the device reports an input/output error; check the disk',
};

/**
 * An operating system error as one line for the user, for example
 * `cannot read model.pt: no such file or folder; check the path`. Errors that carry no error code are returned
 * unchanged.
 *
 * @param action - the verb: `read`, `write`, `make folder`
 */
export function fileError(action: string, path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  return new InputError(`cannot ${action} ${path}: ${ADVICE[error.code] ?? error.message}`, { cause: error });
}
