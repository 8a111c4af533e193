export {
  readNpy,
  readNpz,
  readPyTorch,
  readSafetensors,
  writeNpy,
  writeNpz,
  writePyTorch,
  writeSafetensors,
} from './disk.js';
export { OutputFile, readFile, writeFile } from './files.js';
export * from './web.js';
