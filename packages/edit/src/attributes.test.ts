import { expect, it } from 'vitest';
import { AttributeTableSchema, FACES, firstDifference, HEADS } from './attributes.js';

const attribute = { name: 'A', range: [0, 1], degree: 1, rows: [0, 1] };
const parses = (...attributes: object[]) =>
  AttributeTableSchema.safeParse({ attributes, lightRows: [0, 1] }).success;

it('takes tables that can be edited by, and no others', () => {
  expect(AttributeTableSchema.safeParse(FACES).success).toBe(true);
  expect(AttributeTableSchema.safeParse(HEADS).success).toBe(true);
  expect(parses(attribute)).toBe(true);
  expect(parses()).toBe(false);
  expect(parses({ ...attribute, range: [1, 0] })).toBe(false);
  expect(parses({ ...attribute, rows: [5, 2] })).toBe(false);
  expect(parses(attribute, { ...attribute, name: 'a' })).toBe(false);
  expect(parses({ ...attribute, name: '../a' })).toBe(false);
});

it('tells where two tables differ', () => {
  expect(firstDifference(HEADS, HEADS)).toBeUndefined();
  expect(firstDifference(HEADS, FACES)).toEqual(['Gender -1 to 1', 'Gender 0 to 1']);
  const fewer = { ...HEADS, attributes: HEADS.attributes.slice(0, 7) };
  expect(firstDifference(HEADS, fewer)).toEqual(['Smile -1 to 1', 'nothing']);
});
