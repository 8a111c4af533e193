/**
 * @module 3 × 3 convolutions of pictures made larger before, or smaller after: as one convolution each, with fewer than half the
 * multiplications. Repeating pixels or averaging them is itself a convolution, so the two kernels make one of 4 × 4.
 */
import { add, conv2d, convTranspose2d, flip, mul, pad, swapAxes, type Tensor } from '@sextant/engine';
import type { Conv2d } from '@sextant/nn';

/** The convolution of a picture twice as large, nearest pixels repeated: x [N, from, H, W] to [N, to, 2 H, 2 W]. */
export const convolveEnlarged = (layer: Conv2d, x: Tensor): Tensor => {
  const kernel = summed(flip(flip(layer.weight.toTensor(), 2), 3));
  return convTranspose2d(x, swapAxes(kernel, 0, 1), { stride: 2, padding: 1, bias: layer.bias! });
};

/** The convolution at half the size, four pixels averaged: x [N, from, H, W], H and W even, to [N, to, H / 2, W / 2]. */
export const convolveHalved = (layer: Conv2d, x: Tensor): Tensor =>
  conv2d(x, mul(summed(layer.weight.toTensor()), 1 / 4), { stride: 2, padding: 1, bias: layer.bias! });

/** Kernels [O, I, 3, 3] added to themselves one to the right and one down: [O, I, 4, 4]. */
function summed(kernel: Tensor): Tensor {
  const wide = add(pad(kernel, [[0, 1]]), pad(kernel, [[1, 0]]));
  return add(
    pad(wide, [
      [0, 1],
      [0, 0],
    ]),
    pad(wide, [
      [1, 0],
      [0, 0],
    ]),
  );
}
