/**
 * @module What verbs print that write a network.
 */
import { stat } from 'node:fs/promises';
import { printResult } from '@sextant/system';
import type { Forecaster } from '../forecaster.js';

/** Prints the size of what was written, and what network it is. */
export async function printWritten(
  json: boolean | undefined,
  output: string,
  { weights }: Forecaster,
): Promise<void> {
  const parameters = [...weights.state.values()].reduce((n, { size }) => n + size, 0);
  const { size: bytes } = await stat(output);
  const { network, history, horizon } = weights.config;
  printResult(
    json,
    { output, bytes, parameters, network, history, horizon },
    () =>
      `${output}: ${parameters} parameters, ${(bytes / 1e6).toFixed(1)} MB; history ${history}, horizon ${horizon} steps`,
  );
}
