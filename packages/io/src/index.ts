export { readSafetensors, writeSafetensors } from './disk.js';
export { fileError, InputError, within } from './errors.js';
export { OutputFile, readFile, writeFile } from './files.js';
export { widen } from './half.js';
export { decodeSafetensors, encodeSafetensors, type Safetensors, safetensorsChunks } from './safetensors.js';
