/**
 * @module A peer: the generator in TensorFlow.js on its Wasm backend, where both packages are installed.
 */
import { createRequire } from 'node:module';
import type { NDArray } from '@sextant/engine';
import type { Generator } from '@sextant/vocoder';
import { Absent } from '../child.js';
import { serve, timed } from '../serve.js';
import { digest, networks, type Preset, spectrogram } from './work.js';

/** A tensor of TensorFlow.js; images are [1, 1, T, C]. */
interface TfTensor {
  readonly shape: readonly number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** The part of TensorFlow.js that the generator needs. */
interface TensorFlow {
  readonly version: { readonly tfjs: string };
  setBackend(name: string): Promise<boolean>;
  tidy(fn: () => TfTensor): TfTensor;
  tensor(data: Float32Array, shape: readonly number[]): TfTensor;
  transpose(x: TfTensor, order: readonly number[]): TfTensor;
  add(a: TfTensor, b: TfTensor): TfTensor;
  tanh(x: TfTensor): TfTensor;
  leakyRelu(x: TfTensor, slope: number): TfTensor;
  mirrorPad(x: TfTensor, widths: readonly (readonly [number, number])[], mode: 'reflect'): TfTensor;
  conv2d(x: TfTensor, w: TfTensor, stride: 1, pad: 'valid', format: 'NHWC', dilation: [1, number]): TfTensor;
  conv2dTranspose(
    x: TfTensor,
    w: TfTensor,
    shape: readonly number[],
    stride: [1, number],
    pad: 'same',
  ): TfTensor;
}

const SLOPE = 0.2;

async function tensorFlow(): Promise<TensorFlow> {
  const require = createRequire(import.meta.url);
  try {
    const tf = require('@tensorflow/tfjs') as TensorFlow;
    require('@tensorflow/tfjs-backend-wasm');
    await tf.setBackend('wasm');
    return tf;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    throw new Absent('TensorFlow.js is not installed');
  }
}

/** g v / ‖v‖, the norm over all axes but the first. */
function folded(g: NDArray, v: NDArray): Float32Array {
  const weight = Float32Array.from(v.data as Float32Array);
  const each = v.size / v.shape[0]!;
  for (let i = 0; i < v.size; i += each) {
    const row = weight.subarray(i, i + each);
    const scale = Number(g.data[i / each]) / Math.hypot(...row);
    for (let j = 0; j < each; j++) row[j]! *= scale;
  }
  return weight;
}

/** The generator as a function from mel [1, 1, L, 80] to audio [1, 1, L · hop, 1]. */
function forwardOf(tf: TensorFlow, generator: Generator): (mel: TfTensor) => TfTensor {
  const { ratios, nResidualLayers } = generator.config;
  const state = generator.stateDict();

  /** A layer's weight as [1, taps, …], from PyTorch's [a, b, taps] to [taps, b, a], and its bias. */
  const parameters = (path: string): [TfTensor, TfTensor] => {
    const [g, v, bias] = ['weight.g', 'weight.v', 'bias'].map((part) => state.get(`${path}.${part}`)!) as [
      NDArray,
      NDArray,
      NDArray,
    ];
    const weight = tf.transpose(tf.tensor(folded(g, v), [1, ...v.shape]), [0, 3, 2, 1]);
    return [weight, tf.tensor(bias.data as Float32Array, bias.shape)];
  };
  const reflect = (x: TfTensor, width: number) =>
    tf.mirrorPad(x, [[0, 0] as const, [0, 0] as const, [width, width] as const, [0, 0] as const], 'reflect');
  const conv = (path: string, dilation = 1) => {
    const [weight, bias] = parameters(path);
    return (x: TfTensor) => tf.add(tf.conv2d(x, weight, 1, 'valid', 'NHWC', [1, dilation]), bias);
  };
  const upsample = (path: string, ratio: number) => {
    const [weight, bias] = parameters(path);
    return (x: TfTensor) => {
      const shape = [1, 1, x.shape[2]! * ratio, weight.shape[2]!];
      return tf.add(tf.conv2dTranspose(x, weight, shape, [1, ratio], 'same'), bias);
    };
  };
  const block = (path: string, dilation: number) => {
    const [dilated, pointwise] = [conv(`${path}.dilated`, dilation), conv(`${path}.pointwise`)];
    const shortcut = conv(`${path}.shortcut`);
    return (x: TfTensor) => {
      const inner = dilated(reflect(tf.leakyRelu(x, SLOPE), dilation));
      return tf.add(shortcut(x), pointwise(tf.leakyRelu(inner, SLOPE)));
    };
  };

  const [first, last] = [conv('first'), conv('last')];
  const stages = ratios.map((ratio, k) => ({
    upsample: upsample(`stages.${k}.upsample`, ratio),
    blocks: Array.from({ length: nResidualLayers }, (_, j) => block(`stages.${k}.blocks.${j}`, 3 ** j)),
  }));
  return (mel) => {
    let x = first(reflect(mel, 3));
    for (const stage of stages) {
      x = stage.blocks.reduce((y, block) => block(y), stage.upsample(tf.leakyRelu(x, SLOPE)));
    }
    return tf.tanh(last(reflect(tf.leakyRelu(x, SLOPE), 3)));
  };
}

await serve({
  generate: async ({ preset }) => {
    const tf = await tensorFlow();
    const forward = forwardOf(tf, networks(preset as Preset).generator);
    const { data, shape } = spectrogram(preset as Preset);
    const mel = tf.transpose(tf.tensor(data as Float32Array, [1, 1, ...shape]), [0, 1, 3, 2]);
    return {
      versions: { '@tensorflow/tfjs': tf.version.tfjs },
      note: 'one thread: its Wasm backend has no more in Node',
      run: async () => {
        const { ms, result } = await timed(async () => {
          const audio = tf.tidy(() => forward(mel));
          const samples = await audio.data();
          audio.dispose();
          return samples;
        });
        return { ms, digest: digest(result) };
      },
    };
  },
});
