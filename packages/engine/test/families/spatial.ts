/**
 * @module Operations on signals, images and volumes.
 */
import * as op from '../../src/index.js';
import { array } from '../../src/index.js';
import { all, type Family, random } from './family.js';

export const convolution: Family = {
  conv1d: [
    (x, w, bias) => op.conv1d(x, w, { bias, padding: 2, dilation: 2 }),
    random([2, 4, 9]),
    random([6, 4, 3]),
    random([6]),
  ],
  // 6 channels to 8 and back: a shape that ONNX Runtime's WebGPU kernel has wrong.
  conv2d: [
    (x, w, v) => op.conv2d(op.conv2d(x, w, { padding: 1 }), v, { stride: 2, padding: 1, groups: 2 }),
    random([2, 6, 7, 6]),
    random([8, 6, 3, 3]),
    random([6, 4, 3, 3]),
  ],
  conv3d: [(x, w) => op.conv3d(x, w, { padding: 1 }), random([1, 2, 3, 4, 5]), random([3, 2, 3, 3, 3])],
  convTranspose1d: [
    (x, w) => op.convTranspose1d(x, w, { stride: 2, padding: 1 }),
    random([2, 3, 5]),
    random([3, 4, 4]),
  ],
  convTranspose2d: [
    (x, w) => op.convTranspose2d(x, w, { stride: 2, outputPadding: 1, padding: 1 }),
    random([1, 3, 4, 5]),
    random([3, 2, 3, 3]),
  ],
  convTranspose3d: [
    (x, w) => op.convTranspose3d(x, w, { stride: 2 }),
    random([1, 2, 2, 3, 2]),
    random([2, 2, 2, 2, 2]),
  ],
};

const image = random([1, 2, 6, 6]);

export const pooling: Family = {
  maxPool1d: [(x) => op.maxPool1d(x, 3, { stride: 2, padding: 1 }), random([1, 2, 9])],
  maxPool2d: [(x) => op.maxPool2d(x, 2), image],
  maxPool3d: [(x) => op.maxPool3d(x, 2), random([1, 2, 4, 4, 2])],
  avgPool1d: [
    (x) => op.avgPool1d(x, 4, { stride: 2, padding: 1, countIncludePad: false }),
    random([1, 2, 9]),
  ],
  avgPool2d: [(x) => op.avgPool2d(x, 3, { stride: 1, padding: 1 }), image],
  avgPool3d: [(x) => op.avgPool3d(x, 2), random([1, 2, 4, 4, 2])],
  globalAvgPool: [op.globalAvgPool, image],
  adaptiveAvgPool1d: [(x) => op.adaptiveAvgPool1d(x, 4), random([1, 2, 9])],
  adaptiveAvgPool2d: [(x) => op.adaptiveAvgPool2d(x, [3, 4]), image],
  adaptiveAvgPool3d: [(x) => op.adaptiveAvgPool3d(x, 2), random([1, 2, 4, 4, 2])],
};

/** Points at 0.3 or 0.7 between pixels, away from where derivatives jump; some lie outside. */
const grid = array(
  Float32Array.from({ length: 24 }, (_, i) => (((i * 5) % 9) - 1 + (i % 2 === 0 ? 0.3 : 0.7)) / 3 - 1),
  { shape: [1, 3, 4, 2] },
);

export const resampling: Family = {
  resize: [
    (x) =>
      all(
        op.resize(x, { scale: 2 }),
        op.resize(x, { size: [4, 9], mode: 'bilinear', alignCorners: true }),
        op.resize(x, { size: 4, mode: 'bilinear', antialias: true }),
        op.resize(x, { size: 8, mode: 'bicubic' }),
      ),
    image,
  ],
  pixelShuffle: [(x) => op.pixelShuffle(op.reshape(x, [1, 8, 3, 3]), 2), image],
  gridSample: [
    (x, points) =>
      all(
        op.gridSample(x, points),
        op.gridSample(x, points, { padding: 'border', alignCorners: true }),
        op.gridSample(x, points, { padding: 'reflection' }),
        op.gridSample(x, points, { mode: 'nearest' }),
      ),
    image,
    grid,
  ],
};

const spectrum = { nFft: 8, hopLength: 2, window: op.hannWindow(8) };
const wave = random([2, 21]);

export const signal: Family = {
  frame: [(x) => op.frame(x, 6, 4), wave],
  overlapAdd: [(x) => op.overlapAdd(x, 2), random([2, 4, 6])],
  stft: [
    (x) => {
      const { real, imag } = op.stft(x, spectrum);
      return all(real, imag);
    },
    wave,
  ],
  istft: [
    (real, imag) => op.istft({ real, imag }, { ...spectrum, length: 21 }),
    random([2, 5, 11]),
    random([2, 5, 11]),
  ],
  magnitude: [(real, imag) => op.magnitude(real, imag), random([2, 3]), random([2, 3])],
  hannWindow: [(x) => op.mul(x, op.hannWindow(8)), random([2, 8])],
  melFilterbank: [
    (x) => op.matmul(op.melFilterbank({ sampleRate: 8000, nFft: 8, nMels: 3 }), x),
    random([5, 4]),
  ],
  dctBasis: [(x) => op.matmul(op.dctBasis(6, 4), x), random([6, 2])],
};
