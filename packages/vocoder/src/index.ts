import type { System } from '@sextant/system';
import { verbs } from './commands.js';
import { modules } from './modules.js';

export * from './model.js';

export const vocoder: System = {
  name: 'vocoder',
  summary: 'MelGAN: mel spectrogram to speech',
  modules,
  verbs,
};
