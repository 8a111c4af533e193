export { type AudioOptions, AudioStream, openAudio, openAudioStream, readAudio } from './audio.js';
export { csvRow, writeCsv } from './csv-writer.js';
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
export { embeddedPath, embeddedWeights } from './embedded.js';
export { decodeWithFfmpeg } from './ffmpeg.js';
export { OutputFile, OutputStream, readFile, requireWritable, writeFile } from './files.js';
export { isFolder, makeFolder } from './folders.js';
export { onExit } from './on-exit.js';
export { checkOutputs, refuseOverwriting } from './overwrite.js';
export { type ParquetColumn, writeParquet } from './parquet-writer.js';
export { type Cell, openTable, type RowBatch, type TableFile } from './table.js';
export { WavWriter, writeWav } from './wav-writer.js';
export * from './web.js';
export { listZip, readZipEntry, type ZipEntry } from './zip-file.js';
