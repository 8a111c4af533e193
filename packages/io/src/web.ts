/**
 * @module The formats as bytes, without files: what runs in a browser.
 */
export { parseConfig } from './config.js';
// fileError, quote, problemsText, safetensorsChunks and within: for other packages that write files (train's checkpoints).
export { fileError, fromFile, InputError, quote, within } from './errors.js';
export { fetchBytes, NotFoundError } from './fetch.js';
export { widen } from './half.js';
export { decodeModelFile, encodeModelFile, type ModelFile } from './model-file.js';
export { decodeNpy, decodeNpz, encodeNpy, encodeNpz } from './npy.js';
export { problemsText } from './problems.js';
export {
  decodePyTorch,
  type PyTorchKey,
  type PyTorchOptions,
  type PyTorchValue,
  stateDict,
} from './pytorch.js';
export { PickledObject } from './pytorch-globals.js';
export { encodePyTorch, type StateTree } from './pytorch-write.js';
export { Resampler, resample } from './resample.js';
export { decodeSafetensors, encodeSafetensors, type Safetensors, safetensorsChunks } from './safetensors.js';
export { type Audio, decodeWav, mono, WavDecoder, type WavFormat } from './wav.js';
export { encodeWav, type WavEncoding, type WavOptions } from './wav-encode.js';
export { decodeZip, type ZipOptions } from './zip.js';
