/**
 * @module A map as a chart, for SVG and PNG: points coloured by label.
 */
import { InputError } from '@sextant/io';
import { type Chart, type FigureOptions, scatterChart } from '@sextant/plot';
import type { Features } from './evaluation/features.js';
import { labelsInOrder } from './label-order.js';

/**
 * Draws points [N, 2], one colour for each label. The axes bear no numbers, since a map has no units.
 *
 * @throws InputError when there are not as many labels as points.
 */
export function mapChart(
  { data, shape }: Features,
  labels?: readonly string[],
  options: FigureOptions = {},
): Chart {
  const [rows = 0, width] = shape;
  if (width !== 2) throw new InputError(`a map takes points of 2 numbers, not of ${width}`);
  if (labels && labels.length !== rows) throw new InputError(`${labels.length} labels for ${rows} points`);
  const members = new Map<string, number[]>(labelsInOrder(labels ?? ['points']).map((label) => [label, []]));
  for (let i = 0; i < rows; i++) members.get(labels?.[i] ?? 'points')!.push(i);
  const groups = [...members].map(([label, points]) => ({
    name: label === '' ? 'no label' : label,
    x: points.map((i) => data[2 * i]!),
    y: points.map((i) => data[2 * i + 1]!),
  }));
  const bare = { ticks: [] };
  return scatterChart({ width: 720, panelHeight: 620, ...options, panels: [{ groups, x: bare, y: bare }] });
}
