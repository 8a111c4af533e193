import { expect, it } from 'vitest';
import { configHash } from './config.js';

it('configHash ignores the order of keys and nothing else', () => {
  expect(configHash({ a: 1, b: { c: [1, 2], d: 'x' } })).toBe(configHash({ b: { d: 'x', c: [1, 2] }, a: 1 }));
  expect(configHash({ a: [1, 2] })).not.toBe(configHash({ a: [2, 1] }));
});
