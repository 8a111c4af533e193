import type { System } from '@sextant/system';
import { verbs } from './commands.js';
import { modules } from './modules.js';

export { exportVocoder } from './export.js';
export { loadVocoder } from './load.js';
export { synthesizeFile, synthesizeFolder } from './synthesize.js';
export { type TrainVocoderOptions, trainVocoder } from './train.js';
export * from './web.js';

/** The vocoder as the command line sees it. */
export const vocoder: System = {
  name: 'vocoder',
  summary: 'MelGAN: mel spectrogram to speech',
  modules,
  verbs,
};
