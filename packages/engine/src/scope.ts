/**
 * @module The names that recorded operations carry into errors, exported graphs and profiles.
 */

let current = '';

/** The scope of what is being recorded: '' outside of any. */
export const currentScope = (): string => current;

/** Calls `fn` in exactly this scope. */
export function withScope<T>(path: string, fn: () => T): T {
  const outer = current;
  current = path;
  try {
    return fn();
  } finally {
    current = outer;
  }
}

/**
 * Names the operations recorded inside `fn`, for errors, profiles and exported graphs: `generator/stage0/conv`.
 */
export const scope = <T>(name: string, fn: () => T): T =>
  withScope(current ? `${current}/${name}` : name, fn);
