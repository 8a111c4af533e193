/**
 * @module Masks of people: 1 where the person is.
 */
import { add, mul, sub, type Tensor } from '@sextant/engine';

/** Pictures in [-1, 1] with a black background: x m - (1 - m). */
export const applyMask = (x: Tensor, mask: Tensor): Tensor => sub(mul(add(x, 1), mask), 1);
