/**
 * @module Progress of a training on the terminal: a bar that redraws itself, or plain lines in a log file.
 */

/** How far a training is, after each step. */
export interface ProgressUpdate {
  /** Steps done, and to be done in all. */
  readonly step: number;
  readonly steps: number;
  /** Which pass over the data, from 0; absent without a loader. */
  readonly epoch?: number;
  /** What the step reported. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Seconds since this process began to train. */
  readonly elapsed: number;
  /** Seconds left at the present speed; absent until it is known. */
  readonly remaining?: number;
  /** Steps, or items where `itemsPerStep` was given, per second. */
  readonly rate?: number;
}

/**
 * Speed as a moving average: steps and seconds both fade with the same time constant, so that the estimate is
 * right from the first interval on and follows a change within about a minute.
 */
export class Pace {
  private static readonly FADE_SECONDS = 30;
  private steps = 0;
  private seconds = 0;
  private last: number | undefined;

  /** Tells that a step has ended. The first one only starts the clock: it traces and compiles. */
  tick(seconds: number): void {
    if (this.last !== undefined) {
      const passed = seconds - this.last;
      const kept = Math.exp(-passed / Pace.FADE_SECONDS);
      this.steps = this.steps * kept + 1;
      this.seconds = this.seconds * kept + passed;
    }
    this.last = seconds;
  }

  /** Steps per second; undefined until two steps have ended. */
  get stepsPerSecond(): number | undefined {
    return this.seconds > 0 ? this.steps / this.seconds : undefined;
  }
}

/** Where progress is written: `process.stderr`, or what a test looks at. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** No progress: only the lines given to `say`. */
  readonly quiet?: boolean;
  /** What `rate` counts: `clips` for `clips/s` (`steps`). */
  readonly unit?: string;
  /** Seconds between lines where the stream is not a terminal (10). */
  readonly lineEvery?: number;
  readonly stream?: ProgressStream;
  /** The time in seconds; for tests. */
  readonly clock?: () => number;
}

/** Redraws of the bar per second. */
const FRAMES_PER_SECOND = 10;

/** Shows updates of `train`: pass `update` as its `onProgress` and `say` as its `onMessage`. */
export class Progress {
  private readonly stream: ProgressStream;
  private readonly clock: () => number;
  private readonly unit: string;
  private readonly quiet: boolean;
  /** Seconds that pass between two writes. */
  private readonly interval: number;
  private written: number | undefined;
  private drawn = false;

  constructor({ quiet = false, unit = 'steps', lineEvery = 10, stream, clock }: ProgressOptions = {}) {
    this.stream = stream ?? process.stderr;
    this.clock = clock ?? (() => performance.now() / 1000);
    this.unit = unit;
    this.quiet = quiet;
    this.interval = this.stream.isTTY ? 1 / FRAMES_PER_SECOND : lineEvery;
  }

  /** Shows how far the training is, unless the last time was a moment ago. The last step is always shown. */
  readonly update = (update: ProgressUpdate): void => {
    const line = this.stream.isTTY ? barLine(update, this.unit, this.columns) : plainLine(update, this.unit);
    this.show(line, update.step >= update.steps);
  };

  /** Shows a line of the caller's in the place of the bar, unless the last time was a moment ago; `last` always. */
  show(line: string, last = false): void {
    if (this.quiet) return;
    const now = this.clock();
    const due = this.written === undefined || now - this.written >= this.interval;
    if (!due && !last) return;
    this.written = now;
    if (this.stream.isTTY) {
      // One column stays free: a terminal wraps when the last one is written.
      this.stream.write(`\r${line.slice(0, this.columns - 1)}\x1b[K`);
      this.drawn = true;
    } else this.stream.write(`${line}\n`);
  }

  /** Writes a line of its own, above the bar; also when quiet, for it may be a warning. */
  readonly say = (line: string): void => {
    this.stream.write(this.drawn ? `\r\x1b[K${line}\n` : `${line}\n`);
    this.drawn = false;
  };

  private get columns(): number {
    return this.stream.columns || 80;
  }

  /** Leaves the bar as it is and goes to the next line. */
  close(): void {
    if (this.drawn) this.stream.write('\n');
    this.drawn = false;
  }
}

/** `412/1000 [=====>      ]  41%  loss 0.512  128 clips/s  0:35 < 0:50`, not wider than the terminal. */
function barLine(update: ProgressUpdate, unit: string, columns: number): string {
  const { step, steps } = update;
  const share = steps > 0 ? step / steps : 1;
  const count = `${String(step).padStart(String(steps).length)}/${steps}`;
  const percent = `${String(Math.floor(share * 100)).padStart(3)}%`;
  const facts = [...metricTexts(update), ...rateTexts(update, unit), timeText(update, ' < ')].join('  ');
  // One column stays free: a terminal wraps when the last one is written.
  const width = Math.min(30, columns - 1 - `${count} []${percent}  ${facts}`.length - 1);
  if (width < 5) return `${count} ${percent}  ${facts}`.slice(0, columns - 1);
  const filled = Math.round(share * width);
  const bar = ('='.repeat(filled) + (filled < width ? '>' : '')).padEnd(width);
  return `${count} [${bar}] ${percent}  ${facts}`;
}

/** `step 412/1000  loss 0.512  128 clips/s  elapsed 0:35  left 0:50` */
function plainLine(update: ProgressUpdate, unit: string): string {
  const { step, steps, remaining, elapsed } = update;
  const left = remaining === undefined ? [] : [`left ${duration(remaining)}`];
  return [
    `step ${step}/${steps}`,
    ...metricTexts(update),
    ...rateTexts(update, unit),
    `elapsed ${duration(elapsed)}`,
    ...left,
  ].join('  ');
}

const metricTexts = ({ metrics }: ProgressUpdate): string[] =>
  Object.entries(metrics).map(([name, value]) => `${name} ${short(value)}`);

const rateTexts = ({ rate }: ProgressUpdate, unit: string): string[] =>
  rate === undefined ? [] : [`${short(rate)} ${unit}/s`];

const timeText = ({ elapsed, remaining }: ProgressUpdate, separator: string): string =>
  duration(elapsed) + (remaining === undefined ? '' : separator + duration(remaining));

/** Three digits that matter: 0.0123, 4.56, 128, 3.1e-7. */
function short(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e6))
    return String(size >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
  return value.toExponential(1);
}

/** `0:07`, `12:34`, `1:02:03`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
