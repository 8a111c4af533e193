/**
 * @module Options that several verbs share.
 */
import { InvalidArgumentError, Option } from 'commander';

/** Where generator, estimator and flow are from. */
export const modelOption = (): Option =>
  new Option(
    '--model <folder>',
    'folder of generator, estimator, flow and, for pictures, encoder: .safetensors files or run folders of these names; without it those that come with Sextant',
  );

/** For verbs that take pictures. */
export const forceOption = (): Option =>
  new Option('--force', 'take pictures, too, that show no face as far as can be told');

export const truncationOption = (): Option =>
  new Option('--truncation <psi>', 'how far codes keep from their mean, 0 to 1')
    .argParser((text) => {
      const value = Number(text);
      if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.');
      return value;
    })
    .default(0.7);
