import { expect, it } from 'vitest';
import { SynthesisMeter } from './synthesis-progress.js';

function watched() {
  const lines: string[] = [];
  let now = 0;
  const meter = new SynthesisMeter({ show: (line) => lines.push(line) }, () => now);
  return { meter, lines, wait: (seconds: number) => (now += seconds) };
}

it('a file: how much is done, how fast, how long it takes', () => {
  const { meter, lines, wait } = watched();
  wait(2);
  meter.update({ input: 'in/a.wav', file: 1, files: 1, seconds: 20, total: 40 });
  meter.update({ input: '-', file: 1, files: 1, seconds: 20, total: undefined });
  expect(lines).toEqual([
    '20.0 of 40.0 s of audio  10.0 × real time  0:02 left',
    '20.0 s of audio  10.0 × real time',
  ]);
});

it('a folder: the speed is of all files so far', () => {
  const { meter, lines, wait } = watched();
  wait(2);
  meter.update({ input: 'in/a.wav', file: 1, files: 3, seconds: 20, total: 20 });
  wait(2);
  meter.update({ input: 'in/b.wav', file: 2, files: 3, seconds: 4, total: 8 });
  expect(lines.at(-1)).toBe('file 2 of 3  b.wav  4.0 of 8.0 s of audio  6.0 × real time');
});
