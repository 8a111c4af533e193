/**
 * @module Programs in Node, through `onnxruntime-node`.
 */
import { availableParallelism } from 'node:os';
import { InferenceSession, listSupportedBackends } from 'onnxruntime-node';
import { createOrtSession } from './ort.js';
import type { Runtime, RuntimeOptions } from './runtime.js';

/**
 * A runtime on this machine.
 *
 * @throws Error when the device is not available in the installed `onnxruntime-node`.
 */
export function createRuntime({ device = 'cpu', threads }: RuntimeOptions = {}): Runtime {
  const supported = listSupportedBackends().map((b) => b.name);
  if (!supported.includes(device)) {
    throw new Error(
      `device ${device} is not available here (available: ${supported.join(', ')}).${device === 'cuda' ? ' CUDA files are installed by: node node_modules/onnxruntime-node/script/install.js' : ''}`,
    );
  }
  return {
    device,
    createSession: (model, { profilePrefix } = {}) =>
      createOrtSession(InferenceSession, model, {
        executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
        intraOpNumThreads: threads ?? availableParallelism(),
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
        ...(profilePrefix ? { enableProfiling: true, profileFilePrefix: profilePrefix } : {}),
      }),
  };
}
