/**
 * @module Options that several verbs share.
 */
import { InvalidArgumentError, Option } from 'commander';

/** Where generator, estimator and flow are from. */
export const modelOption = (): Option =>
  new Option(
    '--model <folder>',
    'folder of generator, estimator and flow: .safetensors files or run folders of these names; without it those that come with Sextant',
  );

export const truncationOption = (): Option =>
  new Option('--truncation <psi>', 'how far codes keep from their mean, 0 to 1')
    .argParser((text) => {
      const value = Number(text);
      if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.');
      return value;
    })
    .default(0.7);
