import { Option } from 'commander';

/** Which vocoder a verb works with; see `loadVocoder`. */
export const weightsOption = (): Option =>
  new Option(
    '--weights <path>',
    'weights (.safetensors), a checkpoint of the authors or of seungwonpark (.pt), or a run folder (default: embedded)',
  );
