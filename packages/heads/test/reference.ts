/**
 * The formulas of section 10 written down as they stand, every term at every probe: what the renderer is compared with.
 * Where its text leaves a choice or differs from the reference renderings, these decide: the nose widens from y = -0.20,
 * the beard's pattern is N(3x, 3y, z), speckle never lightens, hair is a solid probed in 56 steps with the shell's normals,
 * and the neck has no speckle.
 */
import type { HeadParameters } from '../src/parameters.js';

const { abs, atan2, cos, exp, floor, hypot, max, min, PI, sign, sin, sqrt } = Math;

type V = readonly number[];

const clamp = (x: number, low = 0, high = 1) => max(low, min(high, x));
const sm = (a: number, b: number, x: number) => {
  const k = clamp((x - a) / (b - a));
  return k * k * (3 - 2 * k);
};
const G = (x: number, y: number, cx: number, cy: number, sx: number, sy: number) =>
  exp(-0.5 * (((x - cx) / sx) ** 2 + ((y - cy) / sy) ** 2));
const N = (x: number, y: number, z: number) =>
  0.5 *
  (sin(17 * (0.8 * x + 0.5 * y + 0.3 * z) + 1) +
    sin(29 * (-0.4 * x + 0.9 * y + 0.2 * z) + 2) / 1.6 +
    sin(47 * (0.6 * x - 0.7 * y + 0.4 * z) + 0.5) / 2.4);
const mix = (a: V, b: V, w: number): V => a.map((v, i) => v + (b[i]! - v) * w);
const times = (a: V, s: number): V => a.map((v) => v * s);
const dot = (a: V, b: V) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
const unit = (v: V): V => times(v, 1 / hypot(...v));
const transposed = (m: readonly V[]): V[] => m.map((_, i) => m.map((row) => row[i]!));
const product = (m: readonly V[], n: readonly V[]): V[] =>
  m.map((row) => transposed(n).map((c) => dot(row, c)));
const apply = (m: readonly V[], v: V): V => m.map((row) => dot(row, v));

const inside = (polygon: readonly V[], x: number, y: number) => {
  let odd = false;
  polygon.forEach(([xi, yi], i) => {
    const [xk, yk] = polygon.at(i - 1)!;
    if (yi! > y !== yk! > y && x < ((xk! - xi!) * (y - yi!)) / (yk! - yi!) + xi!) odd = !odd;
  });
  return odd;
};
const distance = (line: readonly V[], x: number, y: number) =>
  min(
    ...line.slice(1).map(([x1, y1], i) => {
      const [x0, y0] = line[i]!;
      const [dx, dy] = [x1! - x0!, y1! - y0!];
      const t = clamp(((x - x0!) * dx + (y - y0!) * dy) / (dx * dx + dy * dy));
      return hypot(x - x0! - t * dx, y - y0! - t * dy);
    }),
  );

/** @returns the picture [S, S, 3] from 0 to 1, the mask [S, S], and the landmarks in pixels [68][2]. */
export function reference(p: HeadParameters, S: number, supersampling = 2) {
  const { gender: g, age: A, baldness, beard, skin, smile, mouth, eyes, brow, light } = p;
  const d = p.identity as readonly [number, number, number, number, number, number, number, number];
  const [a, b, c] = [0.74 + 0.03 * g + 0.03 * d[0], 1 + 0.04 * d[1], 0.82];
  const j = 0.3 - 0.1 * g + 0.05 * d[2];
  const nu = 0.085 + 0.01 * g + 0.015 * d[3];
  const lambda = 0.24 + 0.03 * g + 0.03 * d[4];
  const [ex, ey, ew] = [0.3 + 0.02 * d[5], -0.12, 0.125];
  const [my, mw] = [0.47 + 0.02 * d[6], 0.24 + 0.02 * d[7]];
  const tau = (y: number) => 1 - j * max(0, y / b) ** 2;
  const delta = (x: number, y: number) => {
    let sum =
      lambda *
      exp(-0.5 * (x / (nu * (0.75 + 0.5 * sm(-0.2, 0.18, y)))) ** 2) *
      sm(-0.25, 0.18, y) *
      (1 - sm(0.18, 0.3, y));
    for (const s of [-1, 1]) {
      sum -= 0.07 * G(x, y, s * ex, ey, 0.13, 0.08);
      sum += (0.03 + 0.02 * g) * G(x, y, s * 0.25, ey - 0.17, 0.16, 0.05);
      const crease = exp(-0.5 * ((x - s * (0.15 + 0.35 * (y - 0.18))) / 0.018) ** 2);
      sum -= 0.022 * A * crease * sm(0.16, 0.24, y) * (1 - sm(0.5, 0.6, y));
    }
    sum += 0.05 * G(x, y, 0, my, 0.16, 0.09) + (0.05 + 0.02 * g) * G(x, y, 0, 0.82, 0.14, 0.1);
    const furrows = sin((2 * PI * (y + 0.02 * cos(6 * x))) / 0.085);
    return sum + 0.01 * A * furrows * sm(-0.8, -0.65, y) * (1 - sm(-0.42, -0.34, y)) * exp(-((x / 0.4) ** 4));
  };
  const f = (x: number, y: number, z: number) =>
    (x / (a * tau(y))) ** 2 + (y / b) ** 2 + ((z - (z > 0 ? delta(x, y) : 0)) / c) ** 2 - 1;
  const lift = (x: number, y: number) =>
    c * sqrt(max(0, 1 - (x / (a * tau(y))) ** 2 - (y / b) ** 2)) + delta(x, y);
  const h = 1e-3;
  const gradient = (x: number, y: number, z: number) => [
    f(x + h, y, z) - f(x - h, y, z),
    f(x, y + h, z) - f(x, y - h, z),
    f(x, y, z + h) - f(x, y, z - h),
  ];

  const [yaw, pitch, roll] = [p.yaw, p.pitch, p.roll].map((v) => (v * PI) / 180) as [number, number, number];
  const Ry = [
    [cos(yaw), 0, sin(yaw)],
    [0, 1, 0],
    [-sin(yaw), 0, cos(yaw)],
  ];
  const Rx = [
    [1, 0, 0],
    [0, cos(pitch), sin(pitch)],
    [0, -sin(pitch), cos(pitch)],
  ];
  const Rz = [
    [cos(roll), -sin(roll), 0],
    [sin(roll), cos(roll), 0],
    [0, 0, 1],
  ];
  const R = product(product(Rz, Rx), Ry);
  const back = transposed(R);

  const L: V[] = [];
  for (let i = 0; i <= 16; i++) {
    const theta = PI * (1 - i / 16);
    const y = -0.1 + (0.97 * b + 0.1) * sin(theta);
    L.push([i === 8 ? 0 : sign(cos(theta)) * 0.97 * a * tau(y) * sqrt(max(0, 1 - (y / b) ** 2)), y]);
  }
  const browX = [0.52, 0.44, 0.34, 0.24, 0.13];
  const browY = [-0.27, -0.325, -0.345, -0.335, -0.3];
  const left = browX.map((x, i) => [-x, browY[i]! - 0.05 * brow * (1 - (0.3 * (x - 0.13)) / 0.39)]);
  L.push(...left, ...left.map(([x, y]) => [-x!, y!]).reverse());
  for (let k = 0; k < 4; k++) L.push([0, -0.14 + 0.107 * k]);
  for (let k = 0; k < 5; k++) L.push([(1.5 * nu * (k - 2)) / 2, 0.263 - 0.018 * cos((PI * (k - 2)) / 4)]);
  for (const s of [-1, 1])
    for (const [u, v] of [
      [-1, 0],
      [-0.35, -1],
      [0.35, -1],
      [1, 0],
      [0.35, 0.75],
      [-0.35, 0.75],
    ] as const)
      L.push([s * ex + ew * u, ey + 0.062 * eyes * v]);
  const W = mw * (1 + 0.15 * smile - 0.1 * mouth);
  const outer =
    '-1,0,0 -.6,-.7,0 -.22,-1,0 0,-.85,0 .22,-1,0 .6,-.7,0 1,0,0 .6,.9,1 .25,1.25,1 0,1.3,1 -.25,1.25,1 -.6,.9,1';
  const inner = '-.88,0,0 -.3,-.12,0 0,-.08,0 .3,-.12,0 .88,0,0 .3,.12,1 0,.16,1 -.3,.12,1';
  for (const text of `${outer} ${inner}`.split(' ')) {
    const [u, v, q] = text.split(',').map(Number) as [number, number, number];
    L.push([W * u, my + 0.055 * v - 0.06 * smile * abs(u) ** 1.5 + 0.16 * mouth * q * (1 - u * u)]);
  }
  const landmarks = L.map(([x, y], i): V => {
    let at = x!;
    if (i <= 16 && i !== 8) {
      const w = a * tau(y!) * sqrt(max(0, 1 - (y! / b) ** 2));
      for (let k = 0; k < 34; k++) {
        at = sign(x!) * w * (0.97 - (0.67 * k) / 33);
        if (apply(R, unit(gradient(at, y!, lift(at, y!))))[2]! >= 0.05) break;
      }
    }
    const [X, Y] = apply(R, [at, y!, lift(at, y!)]);
    return [p.scale * X! + p.shift[0], p.scale * Y! + p.shift[1]].map((v) => ((v + 1) / 2) * S);
  });

  const skinColor = mix([0.93, 0.76, 0.66], [0.38, 0.25, 0.19], skin);
  const hairColor = mix(
    mix([0.1, 0.07, 0.05], [0.72, 0.55, 0.3], p.hair),
    [0.75, 0.75, 0.75],
    0.8 * sm(0.5, 1, A),
  );
  const albedo = (x: number, y: number, z: number): V => {
    let color = mix(skinColor, [0.6, 0.3, 0.25], 0.1 * max(0, N(x, y, z)));
    if (z <= 0) return color;
    const cheeks = G(x, y, -0.38, 0.15, 0.15, 0.12) + G(x, y, 0.38, 0.15, 0.15, 0.12);
    color = mix(color, [0.85, 0.4, 0.35], 0.175 * cheeks);
    const around = 1 - exp(-((x / 0.2) ** 4 + ((y - 0.2) / 0.12) ** 4));
    color = mix(color, hairColor, beard * sm(0.08, 0.25, y) * around * (0.75 + 0.25 * N(3 * x, 3 * y, z)));
    if (inside(L.slice(48, 60), x, y)) color = mix(color, times([0.72, 0.3, 0.3], 1 - 0.5 * skin), 0.8);
    if (inside(L.slice(60, 68), x, y)) {
      color = [0.22, 0.05, 0.06];
      if (y < my + 0.05 * mouth + 0.01 && mouth > 0.15) color = mix(color, [0.92, 0.9, 0.86], 0.9);
    }
    for (const s of [-1, 1]) {
      const r2 = ((x - s * 0.6 * nu) / 0.03) ** 2 + ((y - 0.225) / 0.018) ** 2;
      color = mix(color, times(skinColor, 0.35), 0.8 * exp(-(r2 ** 2)));
    }
    for (const [s, first] of [
      [-1, 36],
      [1, 42],
    ] as const) {
      const [u, v] = [x - s * ex, y - ey];
      if (inside(L.slice(first, first + 6), x, y)) {
        color = [0.95, 0.94, 0.92];
        if (hypot(u, v) < 0.055) color = mix([0.25, 0.14, 0.07], [0.25, 0.45, 0.65], p.iris);
        if (hypot(u, v) < 0.025) color = [0.03, 0.03, 0.03];
        if (hypot(u + 0.015, v + 0.015) < 0.01) color = [1, 1, 1];
      }
      if (distance(L.slice(first, first + 4), x, y) < 0.012) color = mix(color, [0.1, 0.06, 0.05], 0.8);
    }
    for (const first of [17, 22]) {
      const away = distance(L.slice(first, first + 5), x, y);
      color = mix(color, times(hairColor, 0.7), 0.9 * (1 - sm(0.018 + 0.008 * g, 0.034 + 0.01 * g, away)));
    }
    return color;
  };
  const shade = (color: V, normal: V): V => {
    const [x, y, z] = unit(normal) as [number, number, number];
    const first = [y, z, x].map((v) => ((2 * PI) / 3) * 0.4886 * v);
    const second = [
      1.0925 * x * y,
      1.0925 * y * z,
      0.3154 * (3 * z * z - 1),
      1.0925 * x * z,
      0.5463 * (x * x - y * y),
    ];
    const Y = [0.2821 * PI, ...first, ...second.map((v) => (PI / 4) * v)];
    return times(color, max(0, dot(light, Y)));
  };

  const k = 1.07 + 0.025 * (1 - g);
  const inHair = (x: number, y: number, z: number) => {
    const front = sm(-0.25, 0.3, z);
    const line = -0.5 - 0.35 * baldness + 0.55 * min(1, abs(x) / a) ** 3 * (1 - 0.5 * baldness);
    const lowest = line * front + (0.35 + 0.275 * (1 - g)) * (1 - front);
    return (x / (a * k)) ** 2 + (y / (b * k)) ** 2 + (z / (c * k)) ** 2 < 1 && y < lowest;
  };
  const strands = (x: number, y: number, z: number) => 0.8 + 0.25 * sin(60 * atan2(x, -y) + 3 * N(x, y, z));
  const inNeck = (x: number, y: number, z: number) => x * x + (z + 0.15) ** 2 < 0.16 && y > 0.45 && y < 1.9;
  const inTorso = (x: number, y: number, z: number) =>
    (x / 1.45) ** 2 + ((y - 2.15) / 1.05) ** 2 + ((z + 0.25) / 0.65) ** 2 < 1;
  const march = (is: (x: number, y: number, z: number) => boolean, at: (t: number) => V, steps: number) => {
    const step = 2.8 / steps;
    for (let i = 0; i < steps; i++) {
      let high = 0.6 + step * i;
      if (!is(...(at(high) as [number, number, number]))) continue;
      let low = high - step;
      for (let n = 0; n < 8; n++) {
        const middle = (low + high) / 2;
        if (is(...(at(middle) as [number, number, number]))) high = middle;
        else low = middle;
      }
      return high;
    }
    return Number.POSITIVE_INFINITY;
  };

  const color = (X: number, Y: number): V | undefined => {
    const [x, y] = [(X - p.shift[0]) / p.scale, (Y - p.shift[1]) / p.scale];
    const straight = (t: number) => [x, y, 2 - t];
    const [o, dir] = [apply(back, [x, y, 2]), apply(back, [0, 0, -1])];
    const turned = (t: number) => o.map((v, i) => v + t * dir[i]!);
    if (p.glasses) {
      const [px, py] = turned((lift(0, ey) + 0.06 - o[2]!) / dir[2]!) as [number, number];
      const ring = (s: number) => abs(sqrt(((px + s * ex) / 0.19) ** 2 + ((py - ey) / 0.15) ** 2) - 1) < 0.12;
      if (ring(-1) || ring(1) || (abs(px) < 0.13 && abs(py - ey + 0.03) < 0.015)) return [0.06, 0.06, 0.06];
    }
    const layers: [number, () => V][] = [];
    const head = march((...q) => f(...q) < 0, turned, 40);
    layers.push([
      head,
      () => {
        const q = turned(head) as [number, number, number];
        return shade(albedo(...q), apply(R, gradient(...q)));
      },
    ]);
    const hair = baldness < 0.85 ? march(inHair, turned, 56) : Number.POSITIVE_INFINITY;
    layers.push([
      hair,
      () => {
        const q = turned(hair) as [number, number, number];
        const normal = [q[0] / (a * k) ** 2, q[1] / (b * k) ** 2, q[2] / (c * k) ** 2];
        return shade(times(hairColor, strands(...q)), apply(R, normal));
      },
    ]);
    const neck = march(inNeck, straight, 40);
    layers.push([neck + 0.12, () => shade(skinColor, [x, 0, 2 - neck + 0.15])]);
    const torso = march(inTorso, straight, 40);
    layers.push([
      torso + 0.12,
      () => shade(p.cloth, [x / 1.45 ** 2, (y - 2.15) / 1.05 ** 2, (2 - torso + 0.25) / 0.65 ** 2]),
    ]);
    const nearest = layers.reduce((m, layer) => (layer[0] < m[0] ? layer : m));
    return nearest[0] < Number.POSITIVE_INFINITY ? nearest[1]() : undefined;
  };

  const image = new Float64Array(S * S * 3);
  const mask = new Float64Array(S * S);
  const side = S * supersampling;
  for (let i = 0; i < side * side; i++) {
    const [column, row] = [i % side, floor(i / side)];
    const [X, Y] = [((column + 0.5) / side) * 2 - 1, ((row + 0.5) / side) * 2 - 1];
    const pixel = floor(row / supersampling) * S + floor(column / supersampling);
    const person = color(X, Y);
    if (person) mask[pixel]! += 1 / supersampling ** 2;
    const background = () =>
      times(mix(p.background[0], p.background[1], (Y + 1) / 2), 0.85 + 0.15 * N(0.3 * X, 0.3 * Y, 0));
    (person ?? background()).forEach((v, channel) => {
      image[pixel * 3 + channel]! += clamp(v) / supersampling ** 2;
    });
  }
  return { image, mask, landmarks };
}
