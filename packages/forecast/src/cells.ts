/**
 * @module Cells of a table as numbers, and numbers as they arrive.
 */
import type { Cell } from '@sextant/io';

const MISSING = new Set(['', 'nan', 'na', 'n/a', '#n/a', 'null', 'none']);
const ZERO = 48;
const NINE = 57;

export const isMissing = (cell: Cell): boolean =>
  cell === null || Number.isNaN(cell) || (typeof cell === 'string' && MISSING.has(cell.trim().toLowerCase()));

/** A cell's number, NaN where it is missing, undefined where it is something else. */
export function toNumber(cell: Cell): number | undefined {
  if (typeof cell === 'number') return cell;
  if (cell === null || cell === '') return Number.NaN;
  if (typeof cell !== 'string') return undefined;
  // Hexadecimal and the like, which JavaScript takes for numbers.
  if (cell.charCodeAt(0) === ZERO && cell.charCodeAt(1) > NINE && /^0[xob]/i.test(cell)) return undefined;
  const value = Number(cell);
  if (value !== 0 && !Number.isNaN(value)) return value;
  if (isMissing(cell)) return Number.NaN;
  return value === 0 ? 0 : undefined;
}

/** Whether a cell is a number written as `1,5`. */
export const hasDecimalComma = (cell: Cell): boolean =>
  typeof cell === 'string' && /^\s*-?\d+,\d+\s*$/.test(cell);

/** Numbers that are appended one by one: 8 bytes each, and at most as much again. */
export class Float64Buffer {
  private data = new Float64Array(16);
  private count = 0;

  push(value: number): void {
    if (this.count === this.data.length) {
      const larger = new Float64Array(2 * this.count);
      larger.set(this.data);
      this.data = larger;
    }
    this.data[this.count++] = value;
  }

  get length(): number {
    return this.count;
  }

  /** What was appended; shares memory with the buffer. */
  values(): Float64Array {
    return this.data.subarray(0, this.count);
  }
}
