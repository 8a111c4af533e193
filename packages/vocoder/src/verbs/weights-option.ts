import { nonNegativeInteger } from '@sextant/system';
import { Option } from 'commander';

/** Which vocoder a verb works with; see `loadVocoder`. */
export const weightsOption = (): Option =>
  new Option(
    '--weights <path>',
    'weights (.safetensors), a checkpoint of the authors or of seungwonpark (.pt), or a run folder (default: embedded)',
  );

/** What the network computes in. */
export const precisionOption = (): Option =>
  new Option('--precision <type>', 'int8 is faster, float32 exact')
    .choices(['float32', 'int8'])
    .default('float32');

/** How often the network's audio is refined; see `refine`. */
export const refinementsOption = (): Option =>
  new Option(
    '--refinements <n>',
    'corrections of the audio by what it misses of the spectrogram; 0 is the network alone (default: as the weights say)',
  ).argParser(nonNegativeInteger);
