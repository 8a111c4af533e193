import {
  NDArray as Arr,
  add,
  array,
  concat,
  conv1d,
  equal,
  expandDims,
  matmul,
  type NDArray,
  reshape,
  slice,
  sqrt,
  square,
  type Tensor,
  transpose,
  where,
} from '@sextant/engine';

export function stft(x: Tensor, o: { nFft: number; hopLength: number; winLength: number; center: boolean }) {
  const bins = o.nFft / 2 + 1;
  const basis = new Float32Array(2 * bins * o.nFft);
  const left = Math.floor((o.nFft - o.winLength) / 2);
  for (let k = 0; k < bins; k++)
    for (let n = 0; n < o.winLength; n++) {
      const w = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / o.winLength);
      const i = left + n;
      const a = (2 * Math.PI * ((k * i) % o.nFft)) / o.nFft;
      basis[k * o.nFft + i] = w * Math.cos(a);
      basis[(bins + k) * o.nFft + i] = -w * Math.sin(a);
    }
  const t = x.shape[1]!;
  if (o.nFft % o.hopLength === 0 && typeof t === 'number') {
    const r = o.nFft / o.hopLength;
    const frames = Math.floor((t - o.nFft) / o.hopLength) + 1;
    const used = slice(x, 1, 0, (frames + r - 1) * o.hopLength);
    const hops = reshape(used, [x.shape[0]!, frames + r - 1, o.hopLength]);
    const framed = concat(
      Array.from({ length: r }, (_, i) => slice(hops, 1, i, i + frames)),
      2,
    );
    const y = matmul(framed, transpose(new Arr(basis, [2 * bins, o.nFft], 'float32')));
    const z = transpose(y, [0, 2, 1]);
    return { real: slice(z, 1, 0, bins), imag: slice(z, 1, bins) };
  }
  const y = conv1d(expandDims(x, 1), new Arr(basis, [2 * bins, 1, o.nFft], 'float32'), {
    stride: o.hopLength,
  });
  return { real: slice(y, 1, 0, bins), imag: slice(y, 1, bins) };
}
export function magnitude(re: Tensor, im: Tensor): Tensor {
  const p = add(square(re), square(im));
  const zero = equal(p, 0);
  return where(zero, 0, sqrt(where(zero, 1, p)));
}
export function melFilterbank(o: {
  sampleRate: number;
  nFft: number;
  nMels: number;
  fmin: number;
  fmax: number;
}): NDArray {
  const toMel = (f: number) => (f < 1000 ? f / (200 / 3) : 15 + (27 * Math.log(f / 1000)) / Math.log(6.4));
  const toHz = (m: number) => (m < 15 ? (m * 200) / 3 : 1000 * Math.exp((Math.log(6.4) * (m - 15)) / 27));
  const [a, b] = [toMel(o.fmin), toMel(o.fmax)];
  const c = Array.from({ length: o.nMels + 2 }, (_, i) => toHz(a + ((b - a) * i) / (o.nMels + 1)));
  const bins = o.nFft / 2 + 1;
  const m = new Float32Array(o.nMels * bins);
  for (let i = 0; i < o.nMels; i++)
    for (let k = 0; k < bins; k++) {
      const f = (k * o.sampleRate) / o.nFft;
      const [l, p, r] = [c[i]!, c[i + 1]!, c[i + 2]!];
      m[i * bins + k] = (Math.max(0, Math.min((f - l) / (p - l), (r - f) / (r - p))) * 2) / (r - l);
    }
  return array(m, { shape: [o.nMels, bins] });
}
