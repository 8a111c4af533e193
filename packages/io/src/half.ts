/**
 * @module 16-bit floating point widened to float32. Both conversions are exact.
 */
import { NDArray } from '@sextant/engine';

let table: Float32Array | undefined;

/** The float32 value of each of the 65,536 half-precision bit patterns. */
function halfTable(): Float32Array {
  if (table) return table;
  table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) table[bits] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return table;
}

/** IEEE half precision bit patterns as float32. */
export function halfToFloat32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = halfTable();
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = values[bits[i] as number] as number;
  return out;
}

/** bfloat16 bit patterns (the upper half of a float32) as float32. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = (bits[i] as number) << 16;
  return new Float32Array(out.buffer);
}

/**
 * A float16 or float32 array as float32; a float32 array is returned as it is.
 *
 * @throws TypeError for other dtypes, which float32 cannot hold exactly.
 */
export function widen(array: NDArray): NDArray<'float32'> {
  if (array.dtype === 'float32') return array as NDArray<'float32'>;
  if (array.dtype !== 'float16') throw new TypeError(`widen: ${array.dtype} is not a 16-bit float`);
  return new NDArray(halfToFloat32(array.data as Uint16Array), array.shape, 'float32');
}
