/**
 * @module What several jobs need, made by the first of them.
 */

/** A function that is called once, the first time. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
