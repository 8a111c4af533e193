import { avgPool2d, grad, mul, NDArray, program, resize, sum, type Tensor } from '@sextant/engine';
import { Conv2d, type Parameter } from '@sextant/nn';
import { describe, expect, it } from 'vitest';
import { convolveEnlarged, convolveHalved } from './resized-convolution.js';

const wave = (shape: number[], phase: number): NDArray =>
  new NDArray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(phase + 0.7 * i)),
    shape,
    'float32',
  );

const layer = new Conv2d(3, 2, 3, { padding: 1 });
const kinds = [
  ['enlarged before', convolveEnlarged, (x: Tensor) => layer.forward(resize(x, { scale: 2 })), 2],
  ['halved after', convolveHalved, (x: Tensor) => avgPool2d(layer.forward(x), 2), 1 / 2],
] as const;

describe.each(kinds)('%s', (_, quick, plain, scale) => {
  it('has the values and gradients of the two steps', async () => {
    const weights = wave([2, 2, 4 * scale, 6 * scale], 2);
    const results = (fn: (x: Tensor) => Tensor, x: Tensor) => {
      const y = fn(x);
      const loss = sum(mul(y, weights));
      return [y, grad(loss, x), grad(loss, layer.weight as Parameter), grad(loss, layer.bias!)];
    };
    const found = await program((x: Tensor) => [results((t) => quick(layer, t), x), results(plain, x)])(
      wave([2, 3, 4, 6], 1),
    );
    const [actual, expected] = found as [NDArray[], NDArray[]];
    for (const [k, e] of expected.entries()) {
      expect(actual[k]!.shape).toEqual(e.shape);
      for (const [i, v] of e.data.entries()) expect(actual[k]!.data[i]).toBeCloseTo(Number(v), 4);
    }
  });
});
