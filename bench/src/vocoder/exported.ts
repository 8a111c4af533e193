/**
 * @module A peer: the generator as PyTorch exports it, run by onnxruntime-node with its own defaults.
 */
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { serve, timed } from '../serve.js';
import { digest, FRAMES, type Preset, spectrogram } from './work.js';

await serve({
  generate: async ({ folder, threads, preset }) => {
    const session = await ort.InferenceSession.create(join(folder, `${preset}.onnx`), {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
    });
    const { data, shape } = spectrogram(preset as Preset);
    const mel = new ort.Tensor('float32', data as Float32Array, [1, shape[0]!, FRAMES]);
    return {
      run: async () => {
        const { ms, result } = await timed(() => session.run({ mel }));
        return { ms, digest: digest(result.audio!.data as Float32Array) };
      },
    };
  },
});
