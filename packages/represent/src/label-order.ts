/**
 * @module The order of labels in legends.
 */

/** Each label once: numbers by size, then texts by their letters. */
export const labelsInOrder = (labels: readonly string[]): readonly string[] =>
  [...new Set(labels)].sort((a, b) => {
    const [x, y] = [number(a), number(b)];
    if (x !== undefined && y !== undefined) return x - y;
    if (x !== undefined || y !== undefined) return x !== undefined ? -1 : 1;
    return a < b ? -1 : 1;
  });

function number(label: string): number | undefined {
  const value = label.trim() === '' ? Number.NaN : Number(label);
  return Number.isNaN(value) ? undefined : value;
}
