/**
 * @module ONNX Runtime's JavaScript API, which its Node and web packages share, as a {@link Session}.
 */
import type {
  InferenceSession,
  InferenceSessionFactory,
  Tensor,
  TensorConstructor,
} from 'onnxruntime-common';
import { NOWHERE, TensorError } from '../errors.js';
import { type DataOf, type DType, NDArray } from '../ndarray.js';
import { labelOf } from './profile.js';
import type { Session } from './runtime.js';

/**
 * The part of an ONNX Runtime package that sessions need. Each package has a `Tensor` class of its own and
 * recognises no other's.
 */
export interface Ort {
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
}

export interface OrtSessionOptions extends InferenceSession.SessionOptions {
  /** Whether the package writes to arrays given for outputs. `onnxruntime-web` 1.30 leaves them as they are. */
  readonly writesInPlace: boolean;
}

/**
 * Passes of ONNX Runtime's optimiser for models that this engine does not write: quantised with QDQ pairs, or
 * exported attention blocks. Each costs a walk over the graph: 35 % of the time to load 11,000 nodes.
 */
const POINTLESS_PASSES = [
  ...['EnsureUniqueDQForNodeUnit', 'WhereDummyDq', 'WeightBiasQuantization', 'DoubleQDQPairsRemover'],
  ...['QDQPropagationTransformer', 'QDQSelectorActionTransformer', 'QDQS8ToU8Transformer'],
  ...['QDQFinalCleanupTransformer', 'MatMulIntegerToFloatFusion', 'DynamicQuantizeMatMulFusion'],
  ...['MatMulNBitsFusion', 'AttentionFusion', 'GroupQueryAttentionFusion', 'EmbedLayerNormFusion'],
  ...['GroupQueryAttentionPreNormFusion', 'SkipLayerNormFusion', 'BiasSkipLayerNormFusion'],
  ...['SimplifiedLayerNormFusion', 'BiasDropoutFusion', 'GatherToSliceFusion'],
  ...['SliceConcatToSpaceToDepthFusion', 'FreeDimensionOverrideTransformer'],
];

/** Creates a session from a model's bytes, fully optimised. */
export async function createOrtSession(
  ort: Ort,
  model: Uint8Array,
  { writesInPlace, ...options }: OrtSessionOptions,
): Promise<OrtSession> {
  // Slices of one tensor become a Split, which WebGPU has for floats only.
  const harmful = options.executionProviders?.[0] === 'webgpu' ? ['GatherSliceToSplitFusion'] : [];
  const disabled = [...POINTLESS_PASSES, ...harmful];
  const session = await ort.InferenceSession.create(model, {
    graphOptimizationLevel: 'all',
    // One planned block for all intermediate values comes on top of what the first run allocated: without it a
    // training step of MelGAN takes 2.2 GB instead of 3.5, at the same speed.
    enableMemPattern: false,
    // Errors come as exceptions: they need not be on the console too.
    logSeverityLevel: 4,
    extra: { optimization: { disable_specified_optimizers: disabled.join(';') } },
    ...options,
  });
  return new OrtSession(ort, session, writesInPlace, options.enableProfiling ?? false);
}

/** An array as ONNX Runtime wants it, on the same memory. */
function toOrt(ort: Ort, a: NDArray): Tensor {
  const tensor = new ort.Tensor(a.dtype, a.data as never, a.shape);
  // Of float16 the constructor makes JavaScript's Float16Array where that exists; the native code knows none.
  if (tensor.data !== a.data) Object.defineProperty(tensor, 'data', { value: a.data });
  return tensor;
}

/** The elements as the engine holds them: those of a Float16Array as raw 16-bit patterns. */
function elements(t: Tensor): DataOf<DType> {
  const data = t.data as DataOf<DType>;
  if (t.type !== 'float16' || data instanceof Uint16Array) return data;
  return new Uint16Array(data.buffer, data.byteOffset, data.length);
}

/** A kernel's error under our operation's name: `encoder/gather: indices element out of data bounds`. */
function named(error: unknown): unknown {
  const [, node, reason] = /Name:'(.*?)' Status Message: (.*)/.exec((error as Error).message) ?? [];
  return node && reason ? new TensorError(labelOf(node), reason, NOWHERE) : error;
}

export class OrtSession implements Session {
  constructor(
    private readonly ort: Ort,
    private readonly session: InferenceSession,
    private readonly writesInPlace: boolean,
    private profiling: boolean,
  ) {}

  async run(
    feeds: ReadonlyMap<string, NDArray>,
    outputs: ReadonlyMap<string, NDArray | undefined>,
  ): Promise<ReadonlyMap<string, NDArray>> {
    const { ort } = this;
    const inputs = Object.fromEntries([...feeds].map(([name, a]) => [name, toOrt(ort, a)]));
    const fetches = Object.fromEntries(
      [...outputs].map(([name, a]) => [name, a && this.writesInPlace ? toOrt(ort, a) : null]),
    );
    const results = await this.session.run(inputs, fetches).catch((error: unknown) => {
      throw named(error);
    });
    return new Map(
      [...outputs].map(([name, given]) => {
        const result = results[name] as Tensor;
        const data = elements(result);
        if (!given) return [name, new NDArray(data, result.dims, result.type as DType)];
        // The Node package writes to the given array and returns a copy of it all the same.
        if (!this.writesInPlace) (given.data as Float32Array).set(data as Float32Array);
        return [name, given];
      }),
    );
  }

  /** Ends ONNX Runtime's profiling, if it is on, which completes its file. */
  endProfiling(): void {
    if (this.profiling) this.session.endProfiling();
    this.profiling = false;
  }

  async release(): Promise<void> {
    this.endProfiling();
    await this.session.release();
  }
}
