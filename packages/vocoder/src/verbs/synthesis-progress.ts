/**
 * @module How far a synthesis is, on the terminal.
 */
import { basename } from 'node:path';
import { duration, type Progress } from '@sextant/train';
import type { SynthesisProgress } from '../synthesize.js';

/** Shows lines of a synthesis on a progress: pass `update` as its `onProgress`. */
export class SynthesisMeter {
  /** Seconds of audio of the files before this one. */
  private earlier = 0;
  private last: SynthesisProgress | undefined;

  /** @param clock - the time in seconds; for tests. */
  constructor(
    private readonly progress: Pick<Progress, 'show'>,
    private readonly clock = () => performance.now() / 1000,
    private readonly began = clock(),
  ) {}

  /** Seconds since the beginning. */
  get elapsed(): number {
    return this.clock() - this.began;
  }

  readonly update = (now: SynthesisProgress): void => {
    if (this.last && this.last.file !== now.file) this.earlier += this.last.seconds;
    this.last = now;
    this.progress.show(synthesisLine(now, (this.earlier + now.seconds) / this.elapsed));
  };
}

/** `file 2 of 7  b.wav  12.3 of 40.0 s of audio  25.1 × real time  0:01 left` */
function synthesisLine({ input, file, files, seconds, total }: SynthesisProgress, speed: number): string {
  const which = files > 1 ? [`file ${file} of ${files}`, basename(input)] : [];
  const length = total === undefined ? '' : ` of ${total.toFixed(1)}`;
  const left = total === undefined ? [] : [`${duration((total - seconds) / speed)} left`];
  return [
    ...which,
    `${seconds.toFixed(1)}${length} s of audio`,
    `${speed.toFixed(1)} × real time`,
    // Of a folder it is not known how long the other files are.
    ...(files > 1 ? [] : left),
  ].join('  ');
}
