import { expect, it } from 'vitest';
import { secondsOf } from './logs.js';

it('adds up the sessions of a training, whose clocks begin anew', () => {
  expect(secondsOf([5, 9, 4, 6].map((seconds) => ({ seconds })))).toBe(15);
});
