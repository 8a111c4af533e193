export { readSafetensors, writeSafetensors } from './disk.js';
export { InputError } from './errors.js';
export { OutputFile, readFile, writeFile } from './files.js';
export { widen } from './half.js';
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.js';
