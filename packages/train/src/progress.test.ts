import { describe, expect, it } from 'vitest';
import { duration, Pace, Progress, type ProgressOptions, type ProgressUpdate } from './progress.js';

function watched(options: ProgressOptions & { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  let now = 0;
  const { isTTY = false, columns = 80, ...rest } = options;
  const stream = { isTTY, columns, write: (text: string) => written.push(text) };
  const progress = new Progress({ ...rest, stream, clock: () => now });
  return { progress, written, wait: (seconds: number) => (now += seconds) };
}

const at = (step: number, more: Partial<ProgressUpdate> = {}): ProgressUpdate => ({
  step,
  steps: 1000,
  metrics: { loss: 0.51234 },
  elapsed: 35,
  ...more,
});

describe('Progress on a terminal', () => {
  it('draws a bar with speed and time left', () => {
    const { progress, written } = watched({ isTTY: true, unit: 'clips', columns: 100 });
    progress.update(at(412, { rate: 127.6, remaining: 50.2 }));
    expect(written).toEqual([
      '\r 412/1000 [============>                 ]  41%  loss 0.512  128 clips/s  0:35 < 0:50\x1b[K',
    ]);
  });

  it('takes a terminal that tells no width for one of 80 columns', () => {
    const { progress, written } = watched({ isTTY: true, columns: 0 });
    progress.update(at(1000));
    expect(written[0]).toMatch(/^\r1000\/1000 \[=+\] 100% {2}loss 0\.512 {2}0:35/);
  });

  it.each([30, 60, 80, 200])('stays within %i columns', (columns) => {
    const { progress, written } = watched({ isTTY: true, columns });
    progress.update(
      at(999, { metrics: { loss: 1234.5, accuracy: 0.00001 }, rate: 12345678, remaining: 1e6 }),
    );
    progress.update(at(1000));
    for (const text of written) expect(text.length - '\r\x1b[K'.length).toBeLessThan(columns);
  });

  it('redraws at most ten times a second, but always the last step', () => {
    const { progress, written, wait } = watched({ isTTY: true });
    for (let step = 1; step <= 1000; step++) {
      progress.update(at(step));
      wait(1 / 32);
    }
    // Four steps are an eighth of a second: every fourth step, and the last.
    expect(written).toHaveLength(251);
    expect(written.at(-1)).toContain('1000/1000 [==============================] 100%');
  });

  it('puts messages above the bar', () => {
    const { progress, written } = watched({ isTTY: true });
    progress.say('one');
    progress.update(at(1));
    progress.say('two');
    progress.close();
    progress.update(at(1000));
    progress.close();
    expect(written).toEqual([
      'one\n',
      expect.stringMatching(/^\r +1\/1000 \[>/),
      '\r\x1b[Ktwo\n',
      expect.stringMatching(/^\r1000\/1000 \[=/),
      '\n',
    ]);
  });
});

describe('Progress elsewhere', () => {
  it('writes a line now and then', () => {
    const { progress, written, wait } = watched({ lineEvery: 10 });
    for (let step = 1; step <= 25; step++) {
      progress.update(at(step, { rate: 2, remaining: 3700, elapsed: step }));
      wait(1);
    }
    progress.update(at(1000));
    expect(written).toEqual([
      'step 1/1000  loss 0.512  2 steps/s  elapsed 0:01  left 1:01:40\n',
      'step 11/1000  loss 0.512  2 steps/s  elapsed 0:11  left 1:01:40\n',
      'step 21/1000  loss 0.512  2 steps/s  elapsed 0:21  left 1:01:40\n',
      'step 1000/1000  loss 0.512  elapsed 0:35\n',
    ]);
  });

  it('writes only what it is told to say when quiet', () => {
    const { progress, written } = watched({ quiet: true, isTTY: true });
    progress.update(at(1));
    progress.say('a warning');
    progress.update(at(1000));
    progress.close();
    expect(written).toEqual(['a warning\n']);
  });
});

describe('Pace', () => {
  it('leaves the first step out and is right from the second on', () => {
    const pace = new Pace();
    pace.tick(9);
    expect(pace.stepsPerSecond).toBeUndefined();
    pace.tick(9.5);
    expect(pace.stepsPerSecond).toBeCloseTo(2, 10);
  });

  it('follows a change and smooths a stutter', () => {
    const pace = new Pace();
    let now = 0;
    const run = (steps: number, seconds: number) => {
      for (let i = 0; i < steps; i++) {
        now += seconds;
        pace.tick(now);
      }
    };
    run(101, 1);
    expect(pace.stepsPerSecond).toBeCloseTo(1, 10);
    run(1, 5);
    expect(pace.stepsPerSecond).toBeGreaterThan(0.8);
    run(100, 2);
    expect(pace.stepsPerSecond).toBeGreaterThan(0.49);
    expect(pace.stepsPerSecond).toBeLessThan(0.52);
  });
});

describe('lines of the caller', () => {
  it.each([
    [true, ['\rone of \x1b[K', '\rlast on\x1b[K']],
    [false, ['one of three\n', 'last one\n']],
  ])('are shown as often as the bar, terminal %j', (isTTY, shown) => {
    const { progress, written } = watched({ isTTY, columns: 8 });
    progress.show('one of three');
    progress.show('two of three');
    progress.show('last one', true);
    expect(written).toEqual(shown);
  });
});

describe('duration', () => {
  it.each([
    [0, '0:00'],
    [7.4, '0:07'],
    [59.6, '1:00'],
    [754, '12:34'],
    [3723, '1:02:03'],
    [360_000, '100:00:00'],
  ])('%d s is %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
