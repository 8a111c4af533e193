import { expect, it } from 'vitest';
import { secondsOf } from './trained.js';

it('adds up the sessions of a training, whose clocks begin anew', () => {
  expect(secondsOf([5, 9, 4, 6])).toBe(15);
});
