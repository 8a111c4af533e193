/**
 * @module Programs in the browser, through `onnxruntime-web`.
 */
import { env, InferenceSession } from 'onnxruntime-web/webgpu';
import { createOrtSession } from './ort.js';
import type { Runtime, RuntimeOptions } from './runtime.js';

/**
 * A runtime in this page.
 *
 * @throws Error for a device that browsers do not have, or WebGPU where the browser lacks it.
 */
export function createRuntime({ device = 'wasm', threads }: RuntimeOptions = {}): Runtime {
  if (device !== 'wasm' && device !== 'webgpu') {
    throw new Error(`device ${device} is not available in a browser (available: wasm, webgpu)`);
  }
  if (device === 'webgpu' && !('gpu' in navigator)) {
    throw new Error('device webgpu is not available in this browser: use device wasm');
  }
  // Several threads need cross-origin isolation; ONNX Runtime falls back to one without it.
  if (threads !== undefined) env.wasm.numThreads = threads;
  return {
    device,
    createSession: (model) =>
      createOrtSession(InferenceSession, model, {
        executionProviders: [device],
        graphOptimizationLevel: 'all',
      }),
  };
}
