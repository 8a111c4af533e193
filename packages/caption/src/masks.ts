/**
 * @module Which positions are padding (section 2 of the specification).
 */
import {
  arange,
  expandDims,
  lessEqual,
  logicalAnd,
  notEqual,
  slice,
  squeeze,
  type Tensor,
} from '@sextant/engine';

/** The id of padding; rows of features are padded with the same value. */
export const PADDING = 1;

/** Rows of features x [B, S, d] that are none of padding: their first number is not 1. bool [B, 1, S] */
export const featureMask = (x: Tensor): Tensor =>
  expandDims(notEqual(squeeze(slice(x, 2, 0, 1), [2]), PADDING), 1);

/** For each word of ids [B, S] those before it and itself that are none of padding: bool [B, S, S]. */
export function captionMask(ids: Tensor): Tensor {
  const place = arange(ids.shape[1]!);
  const before = lessEqual(expandDims(place, 0), expandDims(place, 1));
  return logicalAnd(expandDims(notEqual(ids, PADDING), 1), before);
}
