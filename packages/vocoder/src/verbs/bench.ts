/**
 * @module `sextant vocoder bench`: how fast a vocoder is here.
 */
import { defaultRuntime, NDArray } from '@sextant/engine';
import { InputError } from '@sextant/io';
import {
  type DeviceOptions,
  formatTable,
  onDevice,
  positiveInteger,
  positiveNumber,
  printResult,
  withDevice,
} from '@sextant/system';
import { Command } from 'commander';
import type { Precision } from '../infer.js';
import { loadVocoder } from '../load.js';
import { precisionOption, refinementsOption, weightsOption } from './weights-option.js';

/** Of which spectrogram and audio are held in memory. */
const LONGEST_SECONDS = 3600;

interface BenchOptions extends DeviceOptions {
  readonly seconds?: number;
  readonly runs?: number;
  readonly weights?: string;
  readonly precision: Precision;
  readonly refinements?: number;
  readonly json?: boolean;
}

export const benchCommand = (): Command =>
  withDevice(new Command('bench'))
    .summary('measure the speed of synthesis on this machine')
    .description(
      'Synthesises the same spectrogram again and again and prints the median time, the speed as a multiple of real time, and the most memory that was used. The first run, which compiles, is timed on its own.',
    )
    .addOption(weightsOption())
    .addOption(precisionOption())
    .addOption(refinementsOption())
    .option('--seconds <s>', 'length of the audio (default: 10)', positiveNumber)
    .option('--runs <n>', 'runs, of which the median counts (default: 7)', positiveInteger)
    .option('--json', 'print the result as JSON')
    .action((options: BenchOptions) => onDevice(options, () => bench(options)));

async function bench({ seconds = 10, runs = 7, weights, json, ...options }: BenchOptions): Promise<void> {
  if (seconds > LONGEST_SECONDS) throw new InputError(`--seconds: at most ${LONGEST_SECONDS}, an hour`);
  const vocoder = await loadVocoder(weights, options);
  const { nMelChannels } = vocoder.front.options;
  const frames = Math.max(8, Math.round((seconds * vocoder.sampleRate) / vocoder.hopLength));
  // Noise like quiet speech: the time does not depend on the values.
  const mel = new NDArray(
    Float32Array.from({ length: nMelChannels * frames }, (_, i) => -3 + 2 * Math.sin(i * i)),
    [nMelChannels, frames],
    'float32',
  );
  const began = performance.now();
  await vocoder.synthesize(mel);
  const first = performance.now() - began;
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await vocoder.synthesize(mel);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const median = times[Math.floor(runs / 2)]!;
  const audio = (frames * vocoder.hopLength) / vocoder.sampleRate;
  const result = {
    parameters: vocoder.generator.numParameters,
    threads: defaultRuntime().threads,
    audioSeconds: audio,
    firstMilliseconds: first,
    medianMilliseconds: median,
    realTimeFactor: (1000 * audio) / median,
    peakRssMegabytes: process.resourceUsage().maxRSS / 1024,
  };
  printResult(json, result, () =>
    formatTable([
      {
        parameters: result.parameters,
        threads: result.threads,
        'audio s': audio.toFixed(2),
        'first ms': first.toFixed(0),
        'median ms': median.toFixed(0),
        '× real time': result.realTimeFactor.toFixed(1),
        'peak RSS MB': result.peakRssMegabytes.toFixed(0),
      },
    ]),
  );
}
