/**
 * @module Items into batches.
 */
import { allocate, array, type DType, NDArray } from '@sextant/engine';

/** A batch of items: arrays and numbers stacked along a new first axis, in the items' structure. */
export type Collated<Item> =
  Item extends NDArray<infer D>
    ? NDArray<D>
    : Item extends number
      ? NDArray<'float32'>
      : { [K in keyof Item]: Collated<Item[K]> };

/**
 * Stacks items of one structure: arrays `[…]` become `[B, …]`, numbers become float32 `[B]`, objects and lists
 * are stacked part by part.
 *
 * @throws RangeError where shapes or dtypes differ, or a part is none of these.
 */
export function collate<Item>(items: readonly Item[]): Collated<Item> {
  return stack(items, '') as Collated<Item>;
}

function stack(items: readonly unknown[], path: string): unknown {
  const [first] = items;
  if (first instanceof NDArray) return stackArrays(items as readonly NDArray[], path);
  if (typeof first === 'number') return array(items as readonly number[]);
  const child = (key: string) =>
    stack(
      items.map((item) => (item as Record<string, unknown>)[key]),
      path ? `${path}.${key}` : key,
    );
  if (Array.isArray(first)) return first.map((_, i) => child(String(i)));
  if (typeof first === 'object' && first !== null) {
    return Object.fromEntries(Object.keys(first).map((key) => [key, child(key)]));
  }
  throw new RangeError(
    `collate: ${path || 'the item'} is ${first === null ? 'null' : typeof first}; give the loader a collate of its own`,
  );
}

function stackArrays(items: readonly NDArray[], path: string): NDArray {
  const { shape, dtype, size } = items[0]!;
  const data = allocate<DType>(dtype, items.length * size);
  items.forEach((item, i) => {
    if (!(item instanceof NDArray) || item.shape.join() !== shape.join() || item.dtype !== dtype) {
      const found = item instanceof NDArray ? `${item.dtype} [${item.shape.join(', ')}]` : typeof item;
      throw new RangeError(
        `collate: ${path || 'the items'} of one batch differ: ${dtype} [${shape.join(', ')}] and ${found}`,
      );
    }
    (data as Float32Array).set(item.data as Float32Array, i * size);
  });
  return new NDArray(data, [items.length, ...shape], dtype);
}
