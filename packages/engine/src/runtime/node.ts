/**
 * @module Programs in Node, through `onnxruntime-node`.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import * as ort from 'onnxruntime-node';
import type { Device } from '../compile/lowering.js';
import { NOWHERE, TensorError } from '../errors.js';
import { createOrtSession } from './ort.js';
import { probeChannelBlock } from './probe.js';
import { ProfileFile } from './profile-file.js';
import { checkThreads, MAX_THREADS, NODE_DEVICES, type Runtime, type RuntimeOptions } from './runtime.js';

/**
 * A runtime on this machine.
 *
 * @throws TensorError in one line that says what to do, for a device that this machine or the installed
 *   `onnxruntime-node` lacks, a number of threads that is not a whole number from 1 to 1024, and a profile that
 *   cannot be written.
 */
export function createRuntime({
  device = 'cpu',
  threads = Math.min(availableParallelism(), MAX_THREADS),
  profile,
}: RuntimeOptions = {}): Runtime {
  checkThreads(threads);
  checkDevice(device);
  const profileFile = profile === undefined ? undefined : new ProfileFile(profile);
  return {
    device,
    threads,
    target: async () => ({ device, channelBlock: device === 'cpu' ? await channelBlock() : undefined }),
    createSession: async (model, name) => {
      const profiled = profileFile?.begin(name);
      const session = await createOrtSession(ort, model, {
        executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        writesInPlace: true,
        ...(profiled ? { enableProfiling: true, profileFilePrefix: profiled.prefix } : {}),
      }).catch((error: unknown) => {
        throw explained(device, error);
      });
      if (profiled) profiled.session = session;
      return session;
    },
    endProfiling: () => profileFile?.write(),
  };
}

let block: Promise<number | undefined> | undefined;
/** Channels per block of this processor's blocked layout; asked once. */
function channelBlock(): Promise<number | undefined> {
  block ??= probeChannelBlock((model) =>
    createOrtSession(ort, model, { logSeverityLevel: 4, writesInPlace: true }),
  );
  return block;
}

/** Why a device cannot be used here is told before ONNX Runtime fails to, as far as one can see it. */
function checkDevice(device: Device): void {
  const supported = new Set(ort.listSupportedBackends().map((b) => b.name));
  const cudaInstalled = existsSync(join(ortFolder(), cudaLibrary()));
  if (device === 'cuda' && supported.has('cuda') && !cudaInstalled) {
    const script = relative(process.cwd(), join(ortFolder(), 'script', 'install.js'));
    throw new TensorError(
      'device cuda',
      `its files are not installed; run: node ${script} --onnxruntime-node-install=cuda12`,
      NOWHERE,
    );
  }
  const available = NODE_DEVICES.filter((d) => supported.has(d) && (d !== 'cuda' || cudaInstalled));
  if (!available.some((d) => d === device)) {
    throw new TensorError(
      `device ${device}`,
      `it is not available here (available: ${available.join(', ')})`,
      NOWHERE,
    );
  }
}

/** The folder of the installed `onnxruntime-node`. */
const ortFolder = (): string =>
  dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));

const cudaLibrary = (): string =>
  join('bin', 'napi-v6', process.platform, process.arch, 'libonnxruntime_providers_cuda.so');

/** ONNX Runtime's errors about missing devices, in words; others as they are. */
function explained(device: Device, error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (device === 'webgpu' && /WebGPU adapter/.test(message)) {
    return new TensorError(
      'device webgpu',
      'no usable GPU was found on this machine; use device cpu',
      NOWHERE,
    );
  }
  if (device === 'cuda' && /CUDA|Cuda|shared library/.test(message)) {
    return new TensorError(
      'device cuda',
      `CUDA 12 and cuDNN 9 or a GPU could not be used: ${message.split('\n')[0]}`,
      NOWHERE,
    );
  }
  return error;
}
