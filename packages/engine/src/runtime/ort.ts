/**
 * @module ONNX Runtime's JavaScript API, which its Node and web packages share, as a {@link Session}.
 */
import { type InferenceSession, type InferenceSessionFactory, Tensor as OrtTensor } from 'onnxruntime-common';
import { type DataOf, type DType, NDArray } from '../ndarray.js';
import type { Session } from './runtime.js';

/** Creates a session from a model's bytes. */
export async function createOrtSession(
  factory: InferenceSessionFactory,
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<Session> {
  return new OrtSession(await factory.create(model, options));
}

const toOrt = (a: NDArray): OrtTensor => new OrtTensor(a.dtype, a.data as never, a.shape);

function fromOrt(t: OrtTensor): NDArray {
  return new NDArray(t.data as DataOf<DType>, t.dims, t.type as DType);
}

class OrtSession implements Session {
  constructor(private readonly session: InferenceSession) {}

  async run(
    feeds: ReadonlyMap<string, NDArray>,
    outputs: ReadonlyMap<string, NDArray | undefined>,
  ): Promise<ReadonlyMap<string, NDArray>> {
    const inputs = Object.fromEntries([...feeds].map(([name, a]) => [name, toOrt(a)]));
    const fetches = Object.fromEntries([...outputs].map(([name, a]) => [name, a ? toOrt(a) : null]));
    const results = await this.session.run(inputs, fetches);
    return new Map(
      [...outputs].map(([name, given]) => {
        const result = results[name] as OrtTensor;
        if (!given) return [name, fromOrt(result)];
        // Runtimes that cannot write in place hand back memory of their own.
        if (result.data !== given.data) (given.data as Float32Array).set(result.data as Float32Array);
        return [name, given];
      }),
    );
  }

  endProfiling(): void {
    this.session.endProfiling();
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
