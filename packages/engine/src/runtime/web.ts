/**
 * @module Programs in the browser, through `onnxruntime-web`.
 */
import type { Device } from '../compile/lowering.js';
import { NOWHERE, TensorError } from '../errors.js';
import { createOrtSession } from './ort.js';
import { checkThreads, type Runtime, type RuntimeOptions } from './runtime.js';

type WebDevice = Extract<Device, 'wasm' | 'webgpu'>;

/**
 * ONNX Runtime's build for a device, loaded when the first program runs. The one without WebGPU is half the
 * download (14 MB of Wasm, 3.7 compressed, against 27 and 6.6), so only pages that ask for WebGPU pay for it.
 */
const load = (device: WebDevice) =>
  device === 'wasm' ? import('onnxruntime-web/wasm') : import('onnxruntime-web/webgpu');

/**
 * A runtime in this page. Several threads need a cross-origin isolated page (the COOP and COEP headers);
 * elsewhere ONNX Runtime uses one.
 *
 * @throws TensorError for a device that browsers do not have, WebGPU where the browser lacks it, a number of
 *   threads that is not a whole number from 1 to 1024, or a profile, which needs files.
 */
export function createRuntime({ device = 'wasm', threads, profile }: RuntimeOptions = {}): Runtime {
  checkThreads(threads);
  if (device !== 'wasm' && device !== 'webgpu') {
    throw new TensorError(
      `device ${device}`,
      'it is not available in a browser (available: wasm, webgpu)',
      NOWHERE,
    );
  }
  if (device === 'webgpu' && !('gpu' in (globalThis.navigator ?? {}))) {
    throw new TensorError('device webgpu', 'it is not available in this browser; use device wasm', NOWHERE);
  }
  if (profile !== undefined)
    throw new TensorError('profile', 'a browser has no files to write one to', NOWHERE);
  return {
    device,
    threads: threads ?? 1,
    target: async () => ({ device }),
    createSession: async (model) => {
      const ort = await load(device);
      if (threads !== undefined) ort.env.wasm.numThreads = threads;
      return createOrtSession(ort, model, {
        executionProviders: [device],
        writesInPlace: false,
      });
    },
    endProfiling: () => {},
  };
}
