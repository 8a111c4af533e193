/**
 * @module How charts look: one place for colours and sizes.
 */

/** Colours that people with any colour vision tell apart (Okabe and Ito, 2008), without the yellow: too pale on white. */
export const PALETTE: readonly string[] = [
  '#0072B2',
  '#D55E00',
  '#009E73',
  '#CC79A7',
  '#E69F00',
  '#56B4E9',
  '#000000',
];

export const INK = { text: '#222222', axis: '#555555', grid: '#E4E4E4', boundary: '#888888' } as const;

/** Sizes in pixels. */
export const SIZE = { text: 11, title: 12.5, line: 1.6, fine: 1.1, marker: 34 } as const;

/** A chart, drawn. */
export interface Chart {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly svg: string;
}
