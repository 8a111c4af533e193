/**
 * @module What names tell: which files are pictures, and of which class.
 */
import { EXTENSIONS } from '../format.js';

/** Counts by reason. */
export class Skipped {
  readonly counts: Record<string, number> = {};

  add(reason: string): void {
    this.counts[reason] = (this.counts[reason] ?? 0) + 1;
  }
}

/** Why a name (a path's last part) is not taken for a picture; undefined where it is. */
export function whyNot(name: string): string | undefined {
  if (name.startsWith('._')) return "macOS's notes on files";
  if (name.startsWith('.')) return 'hidden';
  return EXTENSIONS.has(extension(name)) ? undefined : 'not a picture by its name';
}

/** Why a folder is not entered; undefined where it is. */
export function whyNotFolder(name: string): string | undefined {
  if (name === '__MACOSX') return "macOS's notes on files";
  return name.startsWith('.') ? 'hidden' : undefined;
}

const extension = (name: string): string => {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot).toLowerCase();
};

/** By code units: the same order on every machine and in every language. */
export const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The classes of paths where every one of them stands in a folder: the first folder in which they differ, which for
 * `train/cat/1.jpg`, `train/dog/2.jpg` is the second. Undefined where some stand in none.
 */
export function classesOf(
  paths: readonly string[],
): { labels: Int32Array; classes: readonly string[] } | undefined {
  const folders = paths.map((path) => path.split('/').slice(0, -1));
  const shallowest = folders.reduce(
    (least, parts) => Math.min(least, parts.length),
    Number.POSITIVE_INFINITY,
  );
  if (paths.length === 0 || shallowest === 0) return undefined;
  let depth = 0;
  const shared = () => folders.every((parts) => parts[depth] === folders[0]![depth]);
  while (depth + 1 < shallowest && shared()) depth++;
  const names = folders.map((parts) => parts[depth]!);
  const classes = [...new Set(names)].sort(byName);
  const numbers = new Map(classes.map((name, i) => [name, i]));
  return { labels: Int32Array.from(names, (name) => numbers.get(name)!), classes };
}
