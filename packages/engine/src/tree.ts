/**
 * @module Nested structures (objects, lists) of leaves: what programs take and give.
 */

/** A leaf, or lists and objects of trees. */
export type Tree<L> = L | readonly Tree<L>[] | { readonly [key: string]: Tree<L> };

const isBranch = (x: unknown): x is Record<string, unknown> | unknown[] =>
  Array.isArray(x) || (typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype);

/** Calls `visit` on every leaf with its path (`batch.mel`, `layers.0`), in order. */
export function forEachLeaf(tree: unknown, visit: (leaf: unknown, path: string) => void, path = ''): void {
  if (!isBranch(tree)) {
    visit(tree, path);
    return;
  }
  for (const [key, child] of Object.entries(tree)) forEachLeaf(child, visit, path ? `${path}.${key}` : key);
}

/** The same structure with every leaf replaced by what `map` makes of it. */
export function mapTree(tree: unknown, map: (leaf: unknown, path: string) => unknown, path = ''): unknown {
  const child = (key: string | number) => (path ? `${path}.${key}` : String(key));
  if (Array.isArray(tree)) return tree.map((t, i) => mapTree(t, map, child(i)));
  if (!isBranch(tree)) return map(tree, path);
  return Object.fromEntries(Object.entries(tree).map(([key, t]) => [key, mapTree(t, map, child(key))]));
}

/** The leaves in order. */
export function leavesOf(tree: unknown): unknown[] {
  const leaves: unknown[] = [];
  forEachLeaf(tree, (leaf) => leaves.push(leaf));
  return leaves;
}

/** Whether there is anything at a leaf: `null` and `undefined` stand for nothing, as an absent bias. */
export const isPresent = (leaf: unknown): boolean => leaf !== null && leaf !== undefined;
