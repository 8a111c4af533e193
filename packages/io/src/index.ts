export { type AudioOptions, AudioStream, openAudio, openAudioStream, readAudio } from './audio.js';
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
export { isFolder, makeFolder } from './folders.js';
export { onExit } from './on-exit.js';
export { refuseOverwriting } from './overwrite.js';
export { WavWriter, writeWav } from './wav-writer.js';
export * from './web.js';
