import { array } from '@sextant/engine';
import { expect, it } from 'vitest';
import { labelsInOrder } from './label-order.js';
import { mapChart } from './map-chart.js';

const points = array([
  [0, 0],
  [1, 1],
  [2, 5],
]);
const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!);

it('draws a legend of labels in order and no numbers on the axes', () => {
  expect(texts(mapChart(points, ['dog', '10', '9'], { title: 'Map' }).svg)).toEqual([
    'Map',
    '9',
    '10',
    'dog',
  ]);
  expect(texts(mapChart(points).svg)).toEqual(['points']);
});

it('refuses labels of others', () => {
  expect(() => mapChart(points, ['a'])).toThrow(/1 labels for 3 points/);
  expect(() => mapChart(array([[1, 2, 3]]))).toThrow(/points of 2 numbers, not of 3/);
});

it('orders labels: numbers by size, then texts', () => {
  expect(labelsInOrder(['b', '', '10', '9', 'a', 'b', '-1'])).toEqual(['-1', '9', '10', '', 'a', 'b']);
});
